select task_id, title from {{ ref('tasks') }} where title = 'Follow Up'
