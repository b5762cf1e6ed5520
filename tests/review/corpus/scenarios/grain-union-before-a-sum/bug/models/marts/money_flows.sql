with flows as (
    select order_id, amount from {{ ref('stg_payments') }}
    union
    select order_id, amount from {{ ref('stg_refunds') }}
)

select
    order_id,
    sum(amount) as amount
from flows
group by order_id
