with paid as (
    {{ paid_orders(ref('stg_orders')) }}
)

select
    order_id,
    amount
from paid
