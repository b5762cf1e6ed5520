with source as (
    select * from {{ source('shop', 'refunds') }}
)

select
    id as refund_id,
    order_id,
    {{ cents_to_dollars('amount_cents') }} as amount,
    convert_timezone('UTC', 'America/New_York', refunded_at) as refunded_at
from source
