with orders as (
    select * from {{ ref('stg_orders') }}
),

house as (
    select min(customer_id) as house_customer_id
    from {{ ref('stg_customers') }}
    where country = 'XX'
)

select
    orders.order_id,
    orders.amount,
    coalesce(orders.customer_id, house.house_customer_id) as payer_id
from orders
cross join house
