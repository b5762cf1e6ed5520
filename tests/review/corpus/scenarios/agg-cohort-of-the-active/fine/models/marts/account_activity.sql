with accounts as (
    select account_id, date_trunc(created_at, month) as created_month
    from {{ ref('stg_app__accounts') }}
),

subscriptions as (
    select account_id, plan
    from {{ ref('stg_app__subscriptions') }}
)

select
    accounts.created_month,
    count(distinct accounts.account_id) as cohort_size,
    count(distinct subscriptions.account_id) as subscribed
from accounts
left join subscriptions on subscriptions.account_id = accounts.account_id
group by 1
