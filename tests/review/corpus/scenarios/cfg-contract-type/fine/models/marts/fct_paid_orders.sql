with paid as (
    {{ paid_orders(ref('stg_orders')) }}
)

select
    cast(order_id as varchar) as order_id,
    cast(amount as number(18, 2)) as amount
from paid
