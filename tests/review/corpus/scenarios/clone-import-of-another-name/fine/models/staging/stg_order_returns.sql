select
    id as return_id,
    order_id,
    created_at as returned_at
from {{ source('shop', 'refunds') }}
