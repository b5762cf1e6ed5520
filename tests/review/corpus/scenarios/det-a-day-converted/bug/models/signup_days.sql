with days as (
    select signup_id, created_at::date as day
    from {{ ref('stg_signups') }}
)

select
    day at time zone 'Europe/Berlin' as day,
    count(*) as signups
from days
group by 1
