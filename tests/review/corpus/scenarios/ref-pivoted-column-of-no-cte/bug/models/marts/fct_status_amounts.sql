with orders as (
    select order_id, status, amount from {{ ref('stg_orders') }}
)

select *
from orders
    pivot (sum(amount) for state in ('completed', 'returned'))
