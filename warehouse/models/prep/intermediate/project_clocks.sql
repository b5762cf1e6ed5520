-- How long each project took, by every clock (durations.md, "Clocks").
with

entities as (
    select
        project_id as entity_id,
        created_at,
        deleted_at
    from {{ ref('known_projects') }}
),

visits as (
    select
        project_id as entity_id,
        visit_number,
        status,
        category,
        previous_category,
        entered_at,
        exited_at,
        is_last,
        is_imputed
    from {{ ref('project_visits') }}
),

{{ status_clocks(
    entities='entities', visits='visits', working_hours=ref('working_hours')
) }},

final as (
    select
        entity_id as project_id,
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
