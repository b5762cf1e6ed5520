with returned as (
    select distinct customer_id
    from {{ ref('stg_orders') }}
    where status = 'returned'
)

select
    customers.customer_id,
    customers.country
from {{ ref('stg_customers') }} as customers
left join returned
    on returned.customer_id = customers.customer_id
where returned.customer_id is null
