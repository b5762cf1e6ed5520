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
    subscriptions.plan,
    count(distinct accounts.account_id) as cohort_size,
    count(distinct subscriptions.account_id) as subscribed
from accounts
inner join subscriptions on subscriptions.account_id = accounts.account_id
group by 1, 2
