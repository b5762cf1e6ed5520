select
    date_trunc('hour', ordered_at) as order_hour,
    cast(ordered_at as date) as order_date,
    channel,
    count(*) as orders
from {{ ref('stg_orders') }}
group by date_trunc('hour', ordered_at), cast(ordered_at as date), channel
