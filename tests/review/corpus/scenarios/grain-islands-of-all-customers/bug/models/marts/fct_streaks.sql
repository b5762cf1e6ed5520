with days as (
    select distinct
        customer_id,
        cast(ordered_at as date) as order_date
    from {{ ref('stg_orders') }}
),

numbered as (
    select
        customer_id,
        order_date,
        dateadd('day', 0, order_date) - row_number() over (order by order_date) as island
    from days
)

select
    customer_id,
    island,
    min(order_date) as began_on,
    count(*) as days
from numbered
group by customer_id, island
