-- One row per task: where it stands, and how long it took by every clock.
with

known_tasks as (
    select * from {{ ref('known_tasks') }}
),

task_clocks as (
    select * from {{ ref('task_clocks') }}
),

conflicts as (
    select * from {{ ref('task_history_conflicts') }}
),

final as (
    select
        known_tasks.task_id,
        known_tasks.project_id,
        known_tasks.has_unknown_project,
        known_tasks.task_type,
        known_tasks.created_at,
        known_tasks.due_at,
        task_clocks.last_status as status,
        task_clocks.last_category as category,
        known_tasks.deleted_at is not null as is_deleted,
        known_tasks.deleted_at,
        task_clocks.is_imputed,
        known_tasks.is_listed,
        task_clocks.first_active_at,
        task_clocks.first_done_at,
        task_clocks.last_done_at,
        task_clocks.is_done,
        task_clocks.lead_seconds,
        task_clocks.cycle_seconds,
        task_clocks.first_done_seconds,
        task_clocks.touch_seconds,
        task_clocks.active_seconds,
        task_clocks.business_seconds,
        task_clocks.rework_seconds,
        task_clocks.flow_efficiency_rate,
        task_clocks.reopen_count,
        task_clocks.completion_count,
        task_clocks.visit_count,
        task_clocks.end_reason,
        task_clocks.ended_at,
        conflicts.has_status_conflict,
        conflicts.has_order_conflict
    from known_tasks
    left join task_clocks
        on known_tasks.task_id = task_clocks.task_id
    left join conflicts
        on known_tasks.task_id = conflicts.task_id
)

select * from final
