select
    channel,
    sum(signups) as signups,
    sum(paid)::numeric / nullif(sum(signups), 0) as uptake,
    max(uptake) as best_day
from {{ ref('signup_days') }}
group by channel
