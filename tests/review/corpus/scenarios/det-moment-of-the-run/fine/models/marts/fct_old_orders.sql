select
    order_id,
    customer_id
from {{ ref('stg_orders') }}
where ordered_at < '{{ var("as_of") }}'
