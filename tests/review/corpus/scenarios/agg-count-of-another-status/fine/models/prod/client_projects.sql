select
    member_id,
    count(*) as project_count,
    count(case when status = 'ACTIVE' then project_id end) as active_count,
    count(case when status in ('NEW', 'ACTIVE') then created_at end) as open_count
from {{ ref('projects') }}
group by member_id
