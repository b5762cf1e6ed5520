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
    count(case when ordered_at > newest_at - interval '8 days' then 1 end) as orders_last_7_days,
    count(
        case
            when ordered_at > newest_at - interval '60 days'
                and ordered_at <= newest_at - interval '30 days' then 1
        end
    ) as orders_30d_before
from orders
group by customer_id
