select project_id, datediff('day', completed_at, created_at) as days_to_complete
from (select project_id, created_at, modified_at as completed_at from {{ ref('projects') }}) as p
