with orders as (
    select customer_id, count(*) as order_count
    from {{ ref('stg_orders') }}
    where ordered_at = (select max(ordered_at) from {{ ref('stg_orders') }})
    group by customer_id
),

events as (
    select customer_id, count(*) as event_count
    from {{ ref('fct_order_events') }}
    where ordered_at = (select max(ordered_at) from {{ ref('fct_order_events') }})
    group by customer_id
)

select
    orders.customer_id,
    orders.order_count,
    coalesce(events.event_count, 0) as event_count
from orders
left join events on events.customer_id = orders.customer_id
