select
    md5(orders.order_id || '-' || coalesce(payments.payment_id, 'none')) as order_payment_key,
    orders.order_id,
    payments.payment_id
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_payments') }} as payments on payments.order_id = orders.order_id
