with projects as (
    select * from {{ ref('projects') }}
),

project_tasks as (
    select * from project_tasks_current
),

final as (
    select
        projects.project_id,
        projects.member_id,
        projects.project_type,
        projects.status,
        projects.created_at,
        projects.first_active_at as started_at,
        coalesce(project_tasks.task_count, 0) as task_count,
        coalesce(project_tasks.done_count, 0) as done_count
    from projects
    left join project_tasks on project_tasks.project_id = projects.project_id
)

select * from final
