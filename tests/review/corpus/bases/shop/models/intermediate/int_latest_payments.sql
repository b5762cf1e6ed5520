with payments as (
    select * from {{ ref('stg_payments') }}
)

select *
from payments
qualify row_number() over (partition by order_id order by paid_at desc, payment_id) = 1
