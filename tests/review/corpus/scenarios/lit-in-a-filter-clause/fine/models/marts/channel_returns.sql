select
    channel,
    count(*) as orders,
    count(*) filter (where status = 'returned') as returned_orders
from {{ ref('stg_orders') }}
group by channel
