select
    order_id,
    customer_id
from {{ ref('stg_orders') }}
where ordered_at < '{{ run_started_at }}'
