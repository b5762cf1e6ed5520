select
    order_id,
    channel as sales_chanenl,
    amount
from {{ ref('stg_orders') }}
