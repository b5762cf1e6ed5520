with paid as (
    select order_id, amount from {{ ref('stg_orders') }} where status != 'returned'
)

select
    order_id,
    amount
from paid
