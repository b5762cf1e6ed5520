select
    history_id,
    id as project_id
from {{ source('care_platform', 'historical_project') }}
