select id as refund_id, order_id
from {{ source('shop', 'refunds') }}
