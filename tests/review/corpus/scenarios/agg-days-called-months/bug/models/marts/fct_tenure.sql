select
    customer_id,
    datediff('day', min(ordered_at), max(ordered_at)) as tenure_months
from {{ ref('stg_orders') }}
group by 1
