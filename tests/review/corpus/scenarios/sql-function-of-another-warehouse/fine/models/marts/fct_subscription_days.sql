select
    subscription_id,
    account_id,
    date_diff(ended_at, started_at, day) as days
from {{ ref('stg_app__subscriptions') }}
