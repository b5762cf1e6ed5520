select
    id as payment_id,
    order_id,
    customer_id,
    payment_method
from {{ source('shop', 'payments') }}
