select
    channel,
    count(distinct customer_id) as customers,
    sum(distinct amount) as revenue
from {{ ref('stg_orders') }}
group by channel
