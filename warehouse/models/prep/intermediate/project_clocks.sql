{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='project_id',
    pre_hook='{{ forget_retold_work("project") }}',
) }}
-- How long each project took, by every clock (durations.md, "Clocks").
with

entities as (
    select
        project_id as entity_id,
        created_at,
        deleted_at,
        record_batch_number
    from {{ ref('known_projects') }}
    {%- if is_incremental() %}
    where project_id not in (select earlier.project_id from {{ this }} as earlier)
    {%- endif %}
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
        is_imputed,
        batch_number
    from {{ ref('project_visits') }}
    {%- if is_incremental() %}
    where project_id in (select entities.entity_id from entities)
    {%- endif %}
),

batches as (
    select
        entity_id,
        max(batch_number) as batch_number
    from visits
    group by entity_id
),

{{ status_clocks(
    entities='entities', visits='visits', working_hours=ref('working_hours')
) }},

final as (
    select
        clocks.entity_id as project_id,
        clocks.visit_count,
        clocks.completion_count,
        clocks.reopen_count,
        clocks.last_status,
        clocks.last_category,
        clocks.is_imputed,
        clocks.is_done,
        clocks.first_active_at,
        clocks.first_done_at,
        clocks.last_done_at,
        clocks.lead_seconds,
        clocks.cycle_seconds,
        clocks.first_done_seconds,
        clocks.touch_seconds,
        clocks.active_seconds,
        clocks.business_seconds,
        clocks.rework_seconds,
        clocks.flow_efficiency_rate,
        clocks.end_reason,
        clocks.ended_at,
        batches.batch_number,
        entities.record_batch_number
    from clocks
    inner join batches
        on clocks.entity_id = batches.entity_id
    inner join entities
        on clocks.entity_id = entities.entity_id
)

select * from final
