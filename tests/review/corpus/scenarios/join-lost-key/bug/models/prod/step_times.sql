select
    members.member_id,
    members.client_id,
    steps.step_name,
    steps.first_at
from {{ ref('members') }} as members
left join {{ ref('member_steps') }} as steps on steps.member_id = members.member_id
