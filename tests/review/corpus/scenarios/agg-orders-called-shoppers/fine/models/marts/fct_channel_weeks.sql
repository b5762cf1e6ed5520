select
    date_trunc('week', ordered_at) as week,
    channel,
    count(distinct customer_id) as shoppers_reached,
    sum(amount) as amount
from {{ ref('stg_orders') }}
group by 1, 2
