with payments as (
    select
        order_id,
        payment_method,
        payment_status = 'FAILED' as is_failed
    from {{ ref('int_latest_payments') }}
)

select
    orders.order_id,
    orders.amount,
    payments.payment_method
from {{ ref('stg_orders') }} as orders
left join payments on payments.order_id = orders.order_id
where not payments.is_failed
