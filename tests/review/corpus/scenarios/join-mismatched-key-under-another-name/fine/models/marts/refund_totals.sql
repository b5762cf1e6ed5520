with totals as (
    select order_id as number, sum(amount) as amount
    from {{ ref('stg_refunds') }}
    group by order_id
)

select orders.order_id, totals.amount
from {{ ref('stg_orders') }} as orders
left join totals on cast(totals.number as varchar) = cast(orders.order_id as varchar)
