select
    order_id,
    channel,
    amount as exact_amount,
    cast(amount as varchar) as amount
from {{ ref('stg_orders') }}
