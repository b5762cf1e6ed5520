with orders as (
    select
        order_id,
        amount,
        lag(amount) over (partition by customer_id order by ordered_at, order_id) as previous_amount
    from {{ ref('stg_orders') }}
)

select
    order_id,
    (previous_amount - amount) / nullif(previous_amount, 0) as amount_growth
from orders
