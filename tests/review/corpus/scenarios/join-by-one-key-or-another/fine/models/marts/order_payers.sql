select
    o.order_id,
    o.amount,
    c.country
from {{ ref('stg_orders') }} as o
left join {{ ref('stg_customers') }} as c
    on c.customer_id = o.customer_id
