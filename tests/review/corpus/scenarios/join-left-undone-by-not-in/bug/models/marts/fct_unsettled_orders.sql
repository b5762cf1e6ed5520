select
    orders.order_id,
    orders.customer_id,
    payments.payment_status
from {{ ref('stg_orders') }} as orders
left join {{ ref('int_latest_payments') }} as payments on payments.order_id = orders.order_id
where payments.payment_status not in ('SETTLED')
