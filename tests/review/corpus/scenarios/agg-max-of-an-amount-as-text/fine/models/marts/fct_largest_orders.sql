select
    channel,
    max(exact_amount) as largest_amount
from {{ ref('int_order_export') }}
group by channel
