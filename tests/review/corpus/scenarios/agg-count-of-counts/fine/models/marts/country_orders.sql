with customers as (
    select customer_id, count(*) as orders, max(ordered_at) as last_ordered_at
    from {{ ref('stg_orders') }}
    group by customer_id
)

select
    stg_customers.country,
    sum(customers.orders) as orders,
    count(customers.orders) as customers,
    count(customers.last_ordered_at) as last_ordered_at_known
from customers
inner join {{ ref('stg_customers') }} as stg_customers
    on stg_customers.customer_id = customers.customer_id
group by stg_customers.country
