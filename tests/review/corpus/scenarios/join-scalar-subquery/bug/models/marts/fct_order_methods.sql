select
    orders.order_id,
    orders.ordered_at,
    (
        select payments.payment_method
        from {{ ref('stg_payments') }} as payments
        where payments.order_id = orders.order_id
    ) as payment_method
from {{ ref('stg_orders') }} as orders
