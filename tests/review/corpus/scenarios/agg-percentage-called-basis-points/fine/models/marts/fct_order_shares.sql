select
    order_id,
    customer_id,
    10000 * amount / nullif(sum(amount) over (), 0) as fee_share_bps
from {{ ref('stg_orders') }}
