select
    id as project_id,
    creator_id as member_id,
    type as project_type,
    upper(status) as status,
    first_active as first_active_at,
    created as created_at,
    modified as modified_at
from {{ source('care_platform', 'project') }}
