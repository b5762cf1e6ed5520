select task_id as item_id, status from {{ ref('tasks') }}
union all
select task_id as item_id, status from {{ ref('tasks') }}
