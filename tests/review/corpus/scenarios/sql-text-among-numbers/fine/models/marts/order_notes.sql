select
    order_id,
    coalesce(line_count::integer::varchar, 'N/A') as line_total
from {{ ref('int_order_totals') }}
