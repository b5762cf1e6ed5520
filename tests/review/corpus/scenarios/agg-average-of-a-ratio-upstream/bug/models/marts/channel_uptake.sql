select
    channel,
    sum(signups) as signups,
    avg(uptake) as uptake
from {{ ref('channel_days') }}
group by channel
