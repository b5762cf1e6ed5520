select
    orders.order_id,
    coalesce(totals.line_count, 0) as line_count,
    coalesce(totals.items_amount, 0) as items_amount
from {{ ref('stg_orders') }} as orders
left join {{ ref('int_order_totals') }} as totals on totals.order_id = orders.order_id
