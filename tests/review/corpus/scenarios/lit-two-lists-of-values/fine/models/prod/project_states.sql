select
    project_id,
    status
from {{ ref('projects') }}
