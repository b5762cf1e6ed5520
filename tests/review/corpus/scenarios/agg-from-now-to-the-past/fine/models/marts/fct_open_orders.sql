select
    order_id,
    customer_id,
    datediff('hour', created_at, current_timestamp) as hours_open
from (select *, ordered_at as created_at from {{ ref('stg_orders') }})
where status = 'placed'
