with tasks as (
    select * from {{ ref('tasks') }}
)

select
    project_id,
    count(*) as task_count,
    count(case when status = 'DONE' then 1 end) as done_count,
    count(case when status = 'OPEN' then 1 end) as open_count,
    count(case when status = 'BLOCKED' then 1 end) as blocked_count,
    count(case when status = 'WAITING' then 1 end) as waiting_count
from tasks
group by project_id
