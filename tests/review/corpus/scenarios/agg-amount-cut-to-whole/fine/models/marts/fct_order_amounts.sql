select
    order_id,
    customer_id,
    cast(amount as numeric(18, 2)) as amount
from {{ ref('stg_orders') }}
