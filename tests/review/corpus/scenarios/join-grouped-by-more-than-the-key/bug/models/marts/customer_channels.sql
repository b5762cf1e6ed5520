with customers as (
    select * from {{ ref('stg_customers') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
)

select
    customers.customer_id,
    customers.country,
    customers.signed_up_at,
    orders.channel
from customers
left join orders on orders.customer_id = customers.customer_id
