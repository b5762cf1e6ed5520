select task_id, title from {{ ref('tasks') }} where lower(title) = 'follow up'
