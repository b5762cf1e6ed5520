select
    order_id,
    customer_id,
    datediff('hour', current_timestamp, created_at) as hours_open
from (select *, ordered_at as created_at from {{ ref('stg_orders') }})
where status = 'placed'
