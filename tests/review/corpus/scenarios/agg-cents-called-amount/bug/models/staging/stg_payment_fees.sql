with source as (
    select * from {{ source('shop', 'payments') }}
)

select
    id as payment_id,
    fee_cents as fee
from source
