with customers as (
    select * from {{ ref('stg_customers') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
)

select
    customers.customer_id,
    customers.country,
    count(*) as order_count,
    sum(orders.amount) as total_amount
from customers
left join orders on orders.customer_id = customers.customer_id
group by customers.customer_id, customers.country
