select
    order_id,
    customer_id,
    cast(amount as integer) as amount
from {{ ref('stg_orders') }}
