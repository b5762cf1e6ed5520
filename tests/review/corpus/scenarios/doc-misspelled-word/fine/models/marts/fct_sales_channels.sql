select
    order_id,
    channel as sales_channel,
    amount
from {{ ref('stg_orders') }}
