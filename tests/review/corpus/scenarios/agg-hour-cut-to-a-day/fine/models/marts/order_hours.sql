select
    date_trunc('hour', ordered_at) as hour_start,
    count(*) as orders
from {{ ref('stg_orders') }}
group by 1
