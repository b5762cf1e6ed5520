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
    count(distinct orders.channel) as channels
from customers
left join orders on orders.customer_id = customers.customer_id
group by customers.customer_id, customers.country, customers.signed_up_at
