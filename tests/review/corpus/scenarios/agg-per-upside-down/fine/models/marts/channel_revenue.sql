select
    channel,
    sum(amount) / nullif(count(distinct order_id), 0) as amount_per_order
from {{ ref('fct_orders') }}
group by channel
