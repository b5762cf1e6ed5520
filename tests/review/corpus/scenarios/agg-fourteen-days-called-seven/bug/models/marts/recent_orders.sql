with orders as (
    select
        customer_id,
        ordered_at,
        max(ordered_at) over (partition by customer_id) as newest_at
    from {{ ref('stg_orders') }}
)

select
    customer_id,
    count(case when ordered_at >= dateadd('day', -14, newest_at) then 1 end) as orders_14d,
    count(case when ordered_at > newest_at - interval '14 days' then 1 end) as orders_last_7_days
from orders
group by customer_id
