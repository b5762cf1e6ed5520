select
    channel,
    count(distinct customer_id) as customers,
    sum(amount) as revenue
from {{ ref('stg_orders') }}
group by channel
