with source as (
    select * from {{ source('shop', 'refunds') }}
)

select
    id as refund_id,
    order_id,
    {{ cents_to_dollars('amount_cents', 4) }} as amount,
    refunded_at
from source
