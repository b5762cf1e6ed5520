select
    channel,
    count(order_id) as orders,
    count(distinct customer_id) as ordering_customers
from {{ ref('stg_orders') }}
group by channel
