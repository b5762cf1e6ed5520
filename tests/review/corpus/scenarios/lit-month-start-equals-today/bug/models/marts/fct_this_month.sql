select
    order_id,
    ordered_at,
    amount
from {{ ref('stg_orders') }}
where date_trunc('month', ordered_at) = current_date
