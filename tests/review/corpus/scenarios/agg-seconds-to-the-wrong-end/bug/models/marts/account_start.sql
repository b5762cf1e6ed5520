select
    accounts.account_id,
    timestamp_diff(accounts.trial_at, subscriptions.subscribed_at, hour) as hours_to_subscribed
from (select account_id, created_at as trial_at from {{ ref('stg_app__accounts') }}) as accounts
inner join (
    select account_id, min(started_at) as subscribed_at
    from {{ ref('stg_app__subscriptions') }}
    group by account_id
) as subscriptions on subscriptions.account_id = accounts.account_id
