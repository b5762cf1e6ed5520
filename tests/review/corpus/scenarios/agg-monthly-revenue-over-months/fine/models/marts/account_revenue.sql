with months as (
    select
        account_id,
        date_trunc(started_at, month) as month,
        sum(monthly_price) as mrr
    from {{ ref('stg_app__subscriptions') }}
    group by 1, 2
)

select
    account_id,
    sum(mrr) as recurring_revenue
from months
group by 1
