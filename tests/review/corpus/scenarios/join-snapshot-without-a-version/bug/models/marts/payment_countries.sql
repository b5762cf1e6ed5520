select
    payments.payment_id,
    payments.amount,
    customers.country
from {{ ref('stg_payments') }} as payments
inner join {{ ref('stg_orders') }} as orders on orders.order_id = payments.order_id
left join {{ ref('customers_snapshot') }} as customers
    on customers.customer_id = orders.customer_id
