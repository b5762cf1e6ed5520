select
    project_id,
    member_id,
    status
from {{ ref('projects') }}
where status not in ('CANCELLED', 'COMPLETE', 'DELETED')
