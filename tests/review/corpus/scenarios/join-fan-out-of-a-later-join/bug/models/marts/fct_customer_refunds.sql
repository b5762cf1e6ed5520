select
    orders.customer_id,
    count(distinct payments.payment_id) as payments,
    sum(refunds.amount) as refunded
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_payments') }} as payments on payments.order_id = orders.order_id
left join {{ ref('stg_refunds') }} as refunds on refunds.order_id = orders.order_id
group by orders.customer_id
