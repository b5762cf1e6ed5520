with source as (
    select * from {{ source('shop', 'orders') }}
)

select
    id as order_id,
    customer_id,
    billing_address_id,
    lower(status) as status,
    created_at as ordered_at,
    updated_at,
    channel,
    {{ cents_to_dollars('amount_cents') }} as amount
from source
