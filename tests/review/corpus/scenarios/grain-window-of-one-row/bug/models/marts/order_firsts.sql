select
    order_id,
    min(ordered_at) over (partition by order_id) as customer_since
from {{ ref('stg_orders') }}
