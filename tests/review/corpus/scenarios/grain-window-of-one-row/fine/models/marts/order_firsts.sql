select
    order_id,
    min(ordered_at) over (partition by customer_id) as customer_since
from {{ ref('stg_orders') }}
