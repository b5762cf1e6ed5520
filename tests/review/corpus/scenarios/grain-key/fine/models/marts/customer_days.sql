select
    customer_id,
    cast(ordered_at as date) as order_date,
    count(*) as order_count
from {{ ref('stg_orders') }}
group by customer_id, cast(ordered_at as date)
