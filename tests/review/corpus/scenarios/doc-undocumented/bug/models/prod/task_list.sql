select task_id, project_id, status from {{ ref('tasks') }}
