select
    order_id,
    ordered_at,
    amount
from {{ ref('stg_orders') }}
where ordered_at >= '{{ var('report_start') }}'
