select refund_id, order_id
from {{ ref('stg_refunds') }}
