select
    id as subscription_id,
    account_id,
    case plan_code when 1 then 'free' when 2 then 'team' else 'enterprise' end as plan,
    started_at,
    ended_at,
    safe_cast(monthly_price as float64) as monthly_price
from {{ source('app', 'subscriptions') }}
