select
    channel,
    count(distinct order_id) / nullif(sum(amount), 0) as amount_per_order
from {{ ref('fct_orders') }}
group by channel
