with source as (
    select * from {{ source('shop', 'refunds') }}
)

select
    id as refund_id,
    order_id,
    {{ cents_to_dollars('amount_cents') }} as amount,
    'EUR' as currency,
    refunded_at
from source
