select
    step_name,
    step_number,
    members,
    members / nullif(lag(members) over (order by step_name), 0) as rate_from_the_step_before
from {{ ref('step_counts') }}
