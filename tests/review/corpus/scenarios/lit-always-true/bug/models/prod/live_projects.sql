select project_id
from {{ ref('projects') }}
where status != 'COMPLETE'
    or status != 'CANCELLED'
