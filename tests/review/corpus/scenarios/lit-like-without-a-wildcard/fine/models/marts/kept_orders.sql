select
    order_id,
    amount
from {{ ref('stg_orders') }}
where status not like 'return%'
    and channel not like 'internal'
