-- One row per project: where it stands, and how long it took by every clock.
with

known_projects as (
    select * from {{ ref('known_projects') }}
),

project_clocks as (
    select * from {{ ref('project_clocks') }}
),

conflicts as (
    select * from {{ ref('project_history_conflicts') }}
),

starts as (
    select * from {{ ref('project_starts') }}
),

tasks as (
    select * from {{ ref('current_task_summary') }}
),

task_counts as (
    select
        project_id,
        count(*) as task_count,
        count(case when end_reason is null then 1 end) as open_task_count,
        count(
            case when end_reason is null and category = 'active' then 1 end
        ) as active_task_count,
        count(case when end_reason = 'completed' then 1 end) as completed_task_count
    from tasks
    where project_id is not null
    group by project_id
),

final as (
    select
        known_projects.project_id,
        known_projects.member_id,
        known_projects.project_type,
        known_projects.created_at,
        starts.started_at,
        starts.started_at_source,
        cast(starts.started_local_at as date) as started_date,
        {{ week_start_date('starts.started_local_at') }} as started_week_date,
        project_clocks.last_status as status,
        project_clocks.last_category as category,
        known_projects.deleted_at is not null as is_deleted,
        known_projects.deleted_at,
        project_clocks.is_imputed,
        known_projects.is_listed,
        project_clocks.first_active_at,
        project_clocks.first_done_at,
        project_clocks.last_done_at,
        project_clocks.is_done,
        project_clocks.lead_seconds,
        project_clocks.cycle_seconds,
        project_clocks.first_done_seconds,
        project_clocks.touch_seconds,
        project_clocks.active_seconds,
        project_clocks.business_seconds,
        project_clocks.rework_seconds,
        project_clocks.flow_efficiency_rate,
        project_clocks.reopen_count,
        project_clocks.completion_count,
        project_clocks.visit_count,
        project_clocks.end_reason,
        project_clocks.ended_at,
        coalesce(task_counts.task_count, 0) as task_count,
        coalesce(task_counts.open_task_count, 0) as open_task_count,
        coalesce(task_counts.active_task_count, 0) as active_task_count,
        coalesce(task_counts.completed_task_count, 0) as completed_task_count,
        conflicts.has_status_conflict,
        conflicts.has_order_conflict
    from known_projects
    left join project_clocks
        on known_projects.project_id = project_clocks.project_id
    left join conflicts
        on known_projects.project_id = conflicts.project_id
    left join starts
        on known_projects.project_id = starts.project_id
    left join task_counts
        on known_projects.project_id = task_counts.project_id
)

select * from final
