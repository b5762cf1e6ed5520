with source as (
    select * from {{ source('shop', 'refunds') }}
)

select
    id as refund_id,
    order_id,
    round(coalesce(amount_cents, 0) / 100.0, 2) as amount,
    refunded_at
from source
