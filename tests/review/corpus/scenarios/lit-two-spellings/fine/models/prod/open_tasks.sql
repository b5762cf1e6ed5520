select task_id from {{ ref('tasks') }} where title = 'Follow Up'
