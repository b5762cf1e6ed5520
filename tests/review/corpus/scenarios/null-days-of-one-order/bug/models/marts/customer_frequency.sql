select
    customer_id,
    count(order_id) as orders,
    case
        when count(order_id) / datediff('day', min(ordered_at), max(ordered_at)) >= 1 then 'daily'
        else 'rarely'
    end as frequency
from {{ ref('stg_orders') }}
group by customer_id
