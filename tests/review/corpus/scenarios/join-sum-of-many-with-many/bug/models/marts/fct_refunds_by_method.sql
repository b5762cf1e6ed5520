with payments as (
    select * from {{ ref('stg_payments') }}
),

refunds as (
    select * from {{ ref('stg_refunds') }}
)

select
    payments.payment_method,
    count(distinct refunds.refund_id) as refunds,
    sum(refunds.amount) as refunded
from payments
inner join refunds on refunds.order_id = payments.order_id
group by payments.payment_method
