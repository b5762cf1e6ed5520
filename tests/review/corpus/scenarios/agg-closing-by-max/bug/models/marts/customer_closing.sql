with balances as (
    select
        customer_id,
        ordered_at::date as balance_date,
        sum(amount) as balance
    from {{ ref('stg_orders') }}
    group by 1, 2
)

select
    customer_id,
    date_trunc('month', balance_date) as month,
    max(balance) as closing_balance
from balances
group by 1, 2
