with customers as (
    select distinct customer_id, country
    from {{ ref('customers_daily') }}
    where seen_on = (select max(seen_on) from {{ ref('customers_daily') }})
)

select
    orders.order_id,
    orders.amount,
    customers.country
from {{ ref('stg_orders') }} as orders
left join customers on customers.customer_id = orders.customer_id
