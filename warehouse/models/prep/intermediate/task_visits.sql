{{ config(materialized='view') }}
-- The runs of equal status that each task went through (durations.md 1-8).
with

entities as (
    select
        task_id as entity_id,
        created_at,
        deleted_at,
        status,
        category
    from {{ ref('known_tasks') }}
),

{{ status_visits(
    entities='entities', beginnings=ref('task_visit_beginnings'), key='task_id'
) }},

final as (
    select
        entity_id as task_id,
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
