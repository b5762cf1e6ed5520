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
    lag(amount) over (partition by customer_id order by month) as previous_amount
from months
