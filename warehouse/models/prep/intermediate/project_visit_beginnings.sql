{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='project_history_id',
) }}
{%- set columns = [
    'project_history_id as change_id', 'project_id as entity_id', 'changed_at', 'status', 'category',
    'set_aside_reason', 'batch_number', 'record_batch_number',
] -%}
-- Which changes of a project begin a visit, and when it ends (durations.md 1-4). A new change
-- places anew all changes of the projects that it concerns: whose it is, and whose it was until
-- now. A change never vanishes: rows are replaced by their own id.
with

history as (
    select * from {{ ref('full_project_history') }}
),

{%- if is_incremental() %}

new_changes as (
    select
        project_history_id,
        project_id
    from {{ ref('full_project_history') }}
    where
        batch_number > {{ latest_batch_number() }}
        or record_batch_number > {{ latest_batch_number('record_batch_number') }}
),

concerned as (
    select project_id from new_changes

    union distinct

    select earlier.project_id from {{ this }} as earlier
    inner join new_changes
        on earlier.project_history_id = new_changes.project_history_id
),

changes as (
    select
        {{ columns | join(',\n        ') }}
    from history
    where
        project_id in (select concerned.project_id from concerned)
        -- what is nobody's, once
        or (project_id is null and batch_number > {{ latest_batch_number() }})
),
{%- else %}

changes as (
    select
        {{ columns | join(',\n        ') }}
    from history
),
{%- endif %}

{{ visit_beginnings('changes') }},

final as (
    select
        change_id as project_history_id,
        entity_id as project_id,
        visit_number,
        status,
        category,
        previous_category,
        changed_at,
        exited_at,
        is_out_of_order,
        batch_number,
        record_batch_number
    from placed
)

select * from final
