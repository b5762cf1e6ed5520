with accounts as (
    select account_id, date_trunc(date(created_at), isoweek) as created_week
    from {{ ref('stg_app__accounts') }}
),

subscriptions as (
    select account_id, date_trunc(date(started_at), week) as started_week
    from {{ ref('stg_app__subscriptions') }}
)

select
    subscriptions.account_id,
    accounts.created_week,
    date_diff(subscriptions.started_week, accounts.created_week, week) as weeks_since
from subscriptions
left join accounts on accounts.account_id = subscriptions.account_id
