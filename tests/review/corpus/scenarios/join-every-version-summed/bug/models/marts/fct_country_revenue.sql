select
    customers.country,
    sum(orders.amount) as revenue
from {{ ref('stg_orders') }} as orders
inner join {{ ref('customers_snapshot') }} as customers
    on orders.customer_id = customers.customer_id
group by customers.country
