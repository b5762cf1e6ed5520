with orders as (
    select
        customer_id,
        channel,
        cast(ordered_at as date) as order_date,
        sum(amount) as amount
    from {{ ref('stg_orders') }}
    group by customer_id, channel, cast(ordered_at as date)
),

customers as (
    select * from {{ ref('stg_customers') }}
)

select
    {{ dbt_utils.generate_surrogate_key(['orders.customer_id', 'orders.channel', 'orders.order_date']) }} as customer_day_key,
    orders.customer_id,
    orders.channel,
    orders.order_date,
    customers.country,
    orders.amount
from orders
left join customers on orders.customer_id = customers.customer_id
