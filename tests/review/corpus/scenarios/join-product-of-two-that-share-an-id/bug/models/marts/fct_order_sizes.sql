select
    orders.order_id,
    orders.ordered_at,
    totals.line_count
from {{ ref('stg_orders') }} as orders
cross join {{ ref('int_order_totals') }} as totals
