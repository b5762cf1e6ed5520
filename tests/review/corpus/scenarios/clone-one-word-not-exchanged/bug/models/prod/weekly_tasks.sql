with opened as (
    select
        task_id,
        date_trunc('week', created_at) as opened_week
    from {{ ref('tasks') }}
),

touched as (
    select
        task_id,
        date_trunc('week', modified_at) as touched_week
    from {{ ref('tasks') }}
)

select
    opened.opened_week,
    count(distinct opened.task_id) as opened_tasks,
    count(distinct touched.task_id) as touched_tasks
from opened
left join touched on touched.touched_week = opened.opened_week
group by opened.opened_week
