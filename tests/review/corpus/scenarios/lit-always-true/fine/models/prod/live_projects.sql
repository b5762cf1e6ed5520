select project_id
from {{ ref('projects') }}
where status != 'COMPLETE'
    and status != 'CANCELLED'
