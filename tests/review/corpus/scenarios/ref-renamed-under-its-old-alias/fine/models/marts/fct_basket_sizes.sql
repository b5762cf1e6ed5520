select
    order_id,
    sum(lines) as line_count,
    sum(items_amount) as items_amount
from {{ ref('int_order_totals') }}
group by order_id
