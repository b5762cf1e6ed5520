with orders as (
    select * from {{ ref('stg_orders') }}
),

customers as (
    select * from {{ ref('customers_snapshot') }}
)

select
    orders.order_id,
    orders.ordered_at,
    customers.country
from orders
left join customers on orders.customer_id = customers.customer_id
