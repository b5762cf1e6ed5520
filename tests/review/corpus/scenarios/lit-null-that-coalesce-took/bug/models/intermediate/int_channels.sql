select
    order_id,
    coalesce(channel, 'unknown') as sales_channel
from {{ ref('stg_orders') }}
