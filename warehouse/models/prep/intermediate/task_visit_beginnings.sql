{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='task_history_id',
) }}
{%- set columns = [
    'task_history_id as change_id', 'task_id as entity_id', 'changed_at', 'status', 'category',
    'set_aside_reason', 'batch_number', 'record_batch_number',
] -%}
-- Which changes of a task begin a visit, and when it ends (durations.md 1-4). A new change places
-- anew all changes of the tasks that it concerns: whose it is, and whose it was until now. A change
-- never vanishes: rows are replaced by their own id.
with

history as (
    select * from {{ ref('full_task_history') }}
),

{%- if is_incremental() %}

new_changes as (
    select
        task_history_id,
        task_id
    from {{ ref('full_task_history') }}
    where
        batch_number > {{ latest_batch_number() }}
        or record_batch_number > {{ latest_batch_number('record_batch_number') }}
),

concerned as (
    select task_id from new_changes

    union distinct

    select earlier.task_id from {{ this }} as earlier
    inner join new_changes
        on earlier.task_history_id = new_changes.task_history_id
),

changes as (
    select
        {{ columns | join(',\n        ') }}
    from history
    where
        task_id in (select concerned.task_id from concerned)
        -- what is nobody's, once
        or (task_id is null and batch_number > {{ latest_batch_number() }})
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
        change_id as task_history_id,
        entity_id as task_id,
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
