with latest_subscriptions as (
    select
        account_id,
        plan,
        row_number() over (
            partition by account_id order by started_at, subscription_id
        ) as row_num
    from {{ ref('stg_app__subscriptions') }}
)

select
    accounts.account_id,
    latest_subscriptions.plan
from {{ ref('stg_app__accounts') }} as accounts
left join latest_subscriptions
    on latest_subscriptions.account_id = accounts.account_id
    and latest_subscriptions.row_num = 1
