with orders as (
    select * from {{ ref('stg_orders') }}
),

payments as (
    select * from {{ ref('int_latest_payments') }}
),

joined as (
    select
        orders.channel,
        orders.order_id,
        orders.amount * 0.8 as net_amount,
        payments.payment_method
    from orders
    left join payments on payments.order_id = orders.order_id
)

select
    channel,
    count(distinct order_id) as orders,
    sum(net_amount) as net_amount
from joined
group by channel
