select
    order_id,
    upper(channel) as sales_channel
from {{ ref('stg_orders') }}
