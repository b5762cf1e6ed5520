with steps as (
    select
        member_id,
        step_name,
        first_at,
        last_at,
        lead(first_at) over (partition by member_id order by first_at, step_name) as following_at
    from {{ ref('member_steps') }}
)

select
    member_id,
    step_name,
    datediff('hour', following_at, first_at) as hours_to_next
from steps
