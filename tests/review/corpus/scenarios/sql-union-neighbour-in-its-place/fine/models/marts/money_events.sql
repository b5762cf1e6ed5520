select
    payment_id as event_id,
    order_id,
    customer_id,
    paid_at as happened_at
from {{ ref('int_payment_customers') }}
union all
select
    refund_id,
    order_id,
    payer_id,
    refunded_at as happened_at
from {{ ref('int_refund_customers') }}
