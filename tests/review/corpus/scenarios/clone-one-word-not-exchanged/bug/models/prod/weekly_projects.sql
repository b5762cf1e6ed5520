with opened as (
    select
        project_id,
        date_trunc('week', created_at) as opened_week
    from {{ ref('projects') }}
),

touched as (
    select
        project_id,
        date_trunc('week', modified_at) as touched_week
    from {{ ref('tasks') }}
)

select
    opened.opened_week,
    count(distinct opened.project_id) as opened_projects,
    count(distinct touched.project_id) as touched_projects
from opened
left join touched on touched.touched_week = opened.opened_week
group by opened.opened_week
