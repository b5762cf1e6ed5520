select * exclude (billing_address_id)
from {{ ref('stg_orders') }}
