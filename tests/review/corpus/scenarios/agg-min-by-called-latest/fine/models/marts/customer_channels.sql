select
    customer_id,
    max_by(channel, ordered_at) as latest_channel,
    min_by(channel, ordered_at) as first_channel,
    count(*) as orders
from {{ ref('stg_orders') }}
group by customer_id
