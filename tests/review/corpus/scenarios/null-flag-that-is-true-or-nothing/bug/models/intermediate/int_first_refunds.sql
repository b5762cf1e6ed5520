select
    order_id,
    min(refunded_at) as refunded_at
from {{ ref('stg_refunds') }}
group by order_id
