select
    subscription_id,
    case when ended_at is null then null else date(ended_at) end as ended_on
from {{ ref('stg_app__subscriptions') }}
