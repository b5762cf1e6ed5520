with totals as (
    select * from {{ ref('int_order_totals') }}
),

payments as (
    select * from {{ ref('int_latest_payments') }}
)

select
    coalesce(totals.order_id, payments.order_id) as order_id,
    totals.items_amount,
    coalesce(payments.amount, 0) as paid_amount
from totals
full outer join payments on payments.order_id = totals.order_id
