select
    order_id,
    channel,
    amount
from {{ ref('stg_orders') }}
