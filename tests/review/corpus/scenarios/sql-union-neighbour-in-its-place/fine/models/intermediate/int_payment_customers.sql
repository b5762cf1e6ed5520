select
    p.payment_id,
    p.order_id,
    o.customer_id,
    p.paid_at
from {{ ref('stg_payments') }} as p
inner join {{ ref('stg_orders') }} as o on o.order_id = p.order_id
