select
    channel,
    count(*) as orders,
    count(*) filter (where status = 'voided') as returned_orders
from {{ ref('stg_orders') }}
group by channel
