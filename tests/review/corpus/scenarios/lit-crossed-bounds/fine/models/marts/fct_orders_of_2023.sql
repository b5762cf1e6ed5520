select
    order_id,
    customer_id,
    amount
from {{ ref('stg_orders') }}
where ordered_at >= '2023-01-01'
    and ordered_at < '2024-01-01'
    and (amount > 10 or amount < 5)
