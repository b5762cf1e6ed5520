{{ config(materialized='view') }}
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

{{ status_visits(
    entities='entities', beginnings=ref('project_visit_beginnings'), key='project_id'
) }},

final as (
    select
        entity_id as project_id,
        visit_number,
        status,
        category,
        previous_category,
        entered_at,
        exited_at,
        is_last,
        is_open,
        is_imputed,
        batch_number
    from visits
)

select * from final
