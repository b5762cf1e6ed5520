select
    order_id,
    customer_id,
    status,
    updated_at
from {{ ref('stg_orders') }}
where updated_at > (select max(updated_at) from {{ this }})
