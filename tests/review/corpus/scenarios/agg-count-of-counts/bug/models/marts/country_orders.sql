with customers as (
    select customer_id, count(*) as orders
    from {{ ref('stg_orders') }}
    group by customer_id
)

select
    stg_customers.country,
    count(customers.orders) as orders
from customers
inner join {{ ref('stg_customers') }} as stg_customers
    on stg_customers.customer_id = customers.customer_id
group by stg_customers.country
