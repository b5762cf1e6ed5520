select
    id as task_id,
    project_id,
    title,
    upper(status) as status,
    due as due_at,
    created as created_at,
    modified as modified_at
from {{ source('care_platform', 'task') }}
qualify row_number() over (partition by id order by modified desc, _sdc_received_at desc) = 1
