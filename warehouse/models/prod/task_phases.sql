-- One row per task and visit of a status: how long it stayed there, up to `as_of` while it does.
with

task_visits as (
    select * from {{ ref('task_visits') }}
),

known_tasks as (
    select * from {{ ref('known_tasks') }}
),

moment as (
    select max(as_of) as as_of from {{ ref('data_freshness') }}
),

final as (
    select
        task_visits.task_id,
        known_tasks.project_id,
        task_visits.visit_number,
        task_visits.status,
        task_visits.category,
        task_visits.entered_at,
        task_visits.exited_at,
        task_visits.is_open,
        task_visits.is_imputed,
        {{ seconds_between(
            'task_visits.entered_at', 'coalesce(task_visits.exited_at, moment.as_of)'
        ) }} as seconds
    from task_visits
    inner join known_tasks
        on task_visits.task_id = known_tasks.task_id
    cross join moment
)

select * from final
