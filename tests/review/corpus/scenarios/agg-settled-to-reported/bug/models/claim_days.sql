select
    signup_id,
    reported_on - settled_on as claim_days,
    channel
from (
    select signup_id, channel, created_at as reported_on, paid_at as settled_on
    from {{ ref('stg_signups') }}
) as claims
