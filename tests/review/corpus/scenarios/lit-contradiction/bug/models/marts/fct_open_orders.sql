select order_id
from {{ ref('stg_orders') }}
where status = 'placed'
    and status = 'shipped'
