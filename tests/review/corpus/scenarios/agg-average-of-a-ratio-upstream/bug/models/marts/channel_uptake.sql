select
    channel,
    sum(signups) as signups,
    avg(uptake) as uptake
from {{ ref('signup_days') }}
group by channel
