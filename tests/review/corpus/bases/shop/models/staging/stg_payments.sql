with source as (
    select * from {{ source('shop', 'payments') }}
)

select
    id as payment_id,
    order_id,
    payment_method,
    case
        when state = 1 then 'SETTLED'
        when state = 2 then 'FAILED'
        else 'PENDING'
    end as payment_status,
    {{ cents_to_dollars('amount_cents') }} as amount,
    paid_at
from source
