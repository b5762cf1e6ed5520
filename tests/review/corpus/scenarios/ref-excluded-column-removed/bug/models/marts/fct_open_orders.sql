select * exclude (shipping_address_id)
from {{ ref('stg_orders') }}
where status = 'open'
