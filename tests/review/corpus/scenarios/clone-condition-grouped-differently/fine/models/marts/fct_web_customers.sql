with orders as (
    select * from {{ ref('stg_orders') }}
),

customers as (
    select customer_id, count(*) as order_count
    from orders
    where channel = 'web' and (status = 'completed' or updated_at is null)
    group by customer_id
),

amounts as (
    select customer_id, sum(amount) as amount
    from orders
    where channel = 'web' and (status = 'completed' or updated_at is null)
    group by customer_id
)

select
    customers.customer_id,
    customers.order_count,
    amounts.amount
from customers
left join amounts on amounts.customer_id = customers.customer_id
