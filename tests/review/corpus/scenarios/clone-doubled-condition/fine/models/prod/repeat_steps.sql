select earlier.member_id, later.step_name
from {{ ref('member_steps') }} as earlier
inner join {{ ref('member_steps') }} as later
    on later.member_id = earlier.member_id
    and later.step_name = earlier.step_name
