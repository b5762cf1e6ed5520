select
    order_id,
    customer_id,
    ordered_at
from {{ ref('stg_orders') }}
where row_number() over (partition by customer_id order by ordered_at, order_id) = 1
