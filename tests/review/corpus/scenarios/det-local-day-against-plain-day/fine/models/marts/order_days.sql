select
    order_id,
    cast(convert_timezone('UTC', 'Europe/Berlin', ordered_at) as date) as ordered_on
from {{ ref('stg_orders') }}
