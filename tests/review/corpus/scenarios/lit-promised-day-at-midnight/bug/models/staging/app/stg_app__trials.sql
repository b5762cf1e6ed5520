with trials as (
    select
        id as subscription_id,
        cast(started_at as timestamp) as bought_at,
        cast(ended_at as date) as trial_end_date
    from {{ source('app', 'subscriptions') }}
)

select
    subscription_id,
    bought_at <= timestamp(trial_end_date) as is_bought_in_trial
from trials
