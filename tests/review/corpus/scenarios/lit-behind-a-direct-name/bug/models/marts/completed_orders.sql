select
    order_id,
    amount
from analytics.stg_orders
where status = 'Completed'
