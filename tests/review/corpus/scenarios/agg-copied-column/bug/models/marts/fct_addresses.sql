select
    order_id,
    billing_address_id,
    billing_address_id as shipping_address_id
from {{ ref('stg_orders') }}
