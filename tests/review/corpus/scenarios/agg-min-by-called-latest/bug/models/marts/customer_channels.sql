select
    customer_id,
    min_by(channel, ordered_at) as latest_channel,
    count(*) as orders
from {{ ref('stg_orders') }}
group by customer_id
