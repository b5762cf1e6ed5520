with steps as (
    select
        member_id,
        step_name,
        first_at as started_at,
        lag(last_at) over (partition by member_id order by first_at, step_name) as previous_ended_at
    from {{ ref('member_steps') }}
)

select
    member_id,
    step_name,
    datediff('hour', previous_ended_at, started_at) as hours_waited
from steps
