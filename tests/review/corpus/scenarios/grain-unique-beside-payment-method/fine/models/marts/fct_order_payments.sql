select
    order_id,
    payment_method,
    sum(amount) as amount
from {{ ref('stg_payments') }}
group by order_id, payment_method
