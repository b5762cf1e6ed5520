select
    order_id,
    coalesce(line_count::integer, 'N/A') as line_total
from {{ ref('int_order_totals') }}
