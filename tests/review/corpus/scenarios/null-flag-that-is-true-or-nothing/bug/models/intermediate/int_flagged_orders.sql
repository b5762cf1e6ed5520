select
    o.order_id,
    o.customer_id,
    o.amount,
    case when r.refunded_at >= o.ordered_at then true end as is_refunded
from {{ ref('stg_orders') }} as o
left join {{ ref('int_first_refunds') }} as r on r.order_id = o.order_id
