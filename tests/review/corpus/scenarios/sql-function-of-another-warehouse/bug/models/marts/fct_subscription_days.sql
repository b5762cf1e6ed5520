select
    subscription_id,
    account_id,
    datediff('day', started_at, ended_at) as days
from {{ ref('stg_app__subscriptions') }}
