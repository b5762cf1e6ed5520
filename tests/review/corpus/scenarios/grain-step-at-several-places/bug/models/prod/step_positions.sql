with steps as (
    select * from {{ ref('member_steps') }}
),

ordered as (
    select
        member_id,
        step_name,
        row_number() over (partition by member_id order by first_at, step_name) as step_number
    from steps
)

select
    step_name,
    step_number,
    count(*) as members
from ordered
group by step_name, step_number
