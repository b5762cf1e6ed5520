select
    payments.payment_id,
    payments.payment_method,
    orders.channel,
    orders.ordered_at
from {{ ref('stg_payer_payments') }} as payments
left join {{ ref('stg_orders') }} as orders
    on payments.order_id = orders.order_id
