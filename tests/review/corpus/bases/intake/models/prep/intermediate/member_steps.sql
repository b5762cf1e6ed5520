with events as (
    select * from {{ ref('events') }}
)

select
    member_id,
    step_name,
    min(event_at) as first_at,
    max(event_at) as last_at,
    count(*) as event_count
from events
where step_action = 'completed'
group by member_id, step_name
