with months as (
    select
        account_id,
        subscription_id,
        date_trunc(issued_on, month) as month,
        sum(amount) as revenue
    from {{ ref('fct_invoices') }}
    group by 1, 2, 3
)

select
    account_id,
    month,
    revenue,
    lag(revenue) over (
        partition by account_id, subscription_id order by month
    ) as previous_revenue
from months
