select
    steps.step_name,
    steps.step_number,
    count(*) as members
from {{ ref('member_steps') }} as member_steps
inner join {{ ref('step_numbers') }} as steps on steps.step_name = member_steps.step_name
group by steps.step_name, steps.step_number
