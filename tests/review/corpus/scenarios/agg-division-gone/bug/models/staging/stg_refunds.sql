with source as (
    select * from {{ source('shop', 'refunds') }}
)

select
    id as refund_id,
    order_id,
    coalesce(amount_cents, 0) as amount,
    refunded_at
from source
