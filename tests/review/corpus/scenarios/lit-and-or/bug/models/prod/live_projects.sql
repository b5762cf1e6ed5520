select project_id
from {{ ref('projects') }}
where project_type = 'care'
    and status = 'NEW'
    or status = 'ACTIVE'
