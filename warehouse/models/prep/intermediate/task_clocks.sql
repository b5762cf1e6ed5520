-- How long each task took, by every clock (durations.md, "Clocks").
with

entities as (
    select
        task_id as entity_id,
        created_at,
        deleted_at
    from {{ ref('known_tasks') }}
),

visits as (
    select
        task_id as entity_id,
        visit_number,
        status,
        category,
        previous_category,
        entered_at,
        exited_at,
        is_last,
        is_imputed
    from {{ ref('task_visits') }}
),

{{ status_clocks(
    entities='entities', visits='visits', working_hours=ref('working_hours')
) }},

final as (
    select
        entity_id as task_id,
        visit_count,
        completion_count,
        reopen_count,
        last_status,
        last_category,
        is_imputed,
        is_done,
        first_active_at,
        first_done_at,
        last_done_at,
        lead_seconds,
        cycle_seconds,
        first_done_seconds,
        touch_seconds,
        active_seconds,
        business_seconds,
        rework_seconds,
        flow_efficiency_rate,
        end_reason,
        ended_at
    from clocks
)

select * from final
