select
    customer_id,
    datediff('month', min(ordered_at), max(ordered_at)) as tenure_months
from {{ ref('stg_orders') }}
group by 1
