with refunds as (
    select
        order_id,
        sum(amount) as refunded
    from {{ ref('stg_refunds') }}
    group by order_id
)

select
    orders.channel,
    sum(orders.amount - refunds.refunded) as net_revenue
from {{ ref('stg_orders') }} as orders
left join refunds on orders.order_id = refunds.order_id
group by orders.channel
