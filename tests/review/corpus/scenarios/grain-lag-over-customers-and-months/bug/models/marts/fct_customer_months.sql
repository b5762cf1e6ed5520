with months as (
    select
        customer_id,
        date_trunc('month', ordered_at) as month,
        sum(amount) as amount
    from {{ ref('stg_orders') }}
    group by 1, 2
)

select
    customer_id,
    month,
    amount,
    lag(amount) over (order by customer_id, month) as previous_amount
from months
