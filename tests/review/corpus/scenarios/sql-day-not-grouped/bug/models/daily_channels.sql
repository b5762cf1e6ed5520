with days as (
    select channel, created_at::date as day, count(*) as signups
    from {{ ref('stg_signups') }}
    group by 1, 2
)

select
    channel,
    day,
    sum(signups) as signups
from days
group by 1
