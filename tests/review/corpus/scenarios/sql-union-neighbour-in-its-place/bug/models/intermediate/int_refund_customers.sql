select
    r.refund_id,
    r.order_id,
    o.customer_id as payer_id,
    r.refunded_at
from {{ ref('stg_refunds') }} as r
inner join {{ ref('stg_orders') }} as o on o.order_id = r.order_id
