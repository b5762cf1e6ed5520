with totals as (
    select refund_id as number, sum(amount) as amount
    from {{ ref('stg_refunds') }}
    group by refund_id
)

select orders.order_id, totals.amount
from {{ ref('stg_orders') }} as orders
left join totals on cast(totals.number as varchar) = cast(orders.order_id as varchar)
