select
    channel,
    created_at::date as day,
    count(*)::numeric / sum(count(*)) over (partition by channel) as share_of_day
from {{ ref('stg_signups') }}
group by 1, 2
