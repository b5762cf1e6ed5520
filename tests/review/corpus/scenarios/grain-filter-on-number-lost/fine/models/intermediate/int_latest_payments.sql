with payments as (
    select * from {{ ref('stg_payments') }}
)

select
    payment_id,
    order_id,
    payment_method,
    payment_status,
    amount,
    paid_at
from payments
qualify row_number() over (partition by order_id order by paid_at desc, payment_id) = 1
