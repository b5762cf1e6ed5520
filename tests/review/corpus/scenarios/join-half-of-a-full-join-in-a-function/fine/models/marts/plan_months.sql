with starts as (
    select date_trunc(started_at, month) as month, count(*) as started
    from {{ ref('stg_app__subscriptions') }}
    group by 1
),

ends as (
    select date_trunc(ended_at, month) as month, count(*) as ended
    from {{ ref('stg_app__subscriptions') }}
    group by 1
)

select
    coalesce(starts.month, ends.month) as month,
    date_diff(date '2026-01-01', coalesce(starts.month, ends.month), month) as months_ago,
    starts.month is null as has_no_starts,
    coalesce(starts.started, 0) as started,
    coalesce(ends.ended, 0) as ended
from starts
full join ends on ends.month = starts.month
