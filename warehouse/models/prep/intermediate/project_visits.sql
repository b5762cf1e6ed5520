-- The runs of equal status that each project went through (durations.md 1-8).
with

entities as (
    select
        project_id as entity_id,
        created_at,
        deleted_at,
        status,
        category
    from {{ ref('known_projects') }}
),

history as (
    select
        project_id as entity_id,
        project_history_id as history_id,
        changed_at,
        status,
        category
    from {{ ref('full_project_history') }}
    where set_aside_reason is null
),

{{ status_visits(entities='entities', history='history') }},

final as (
    select
        entity_id as project_id,
        visit_number,
        status,
        category,
        entered_at,
        exited_at,
        is_open,
        is_imputed
    from visits
)

select * from final
