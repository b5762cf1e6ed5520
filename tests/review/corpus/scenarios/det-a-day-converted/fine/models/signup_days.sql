with days as (
    select signup_id, (created_at at time zone 'Europe/Berlin')::date as day
    from {{ ref('stg_signups') }}
)

select
    day,
    count(*) as signups
from days
group by 1
