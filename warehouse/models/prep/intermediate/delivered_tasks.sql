{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='task_id',
) }}
{%- set columns = [
    'project_id', 'title', 'raw_status', 'due_at', 'created_at', 'modified_at', 'deleted_at',
    'set_aside_reason', 'early_moment_count',
] -%}
-- Every task that a record was ever delivered of, as the latest version says. A newly landed
-- version is weighed against the one that counted so far.
with

delivered as (
    select
        task_id,
        {{ columns | join(',\n        ') }},
        loaded_at,
        source_row_count,
        batch_number
    from {{ ref('tasks') }}
    {%- if is_incremental() %}
    -- all there is of what came: the version that counted so far may be replaced at its source
    where
        task_id in (
            select delivered_again.task_id from {{ ref('tasks') }} as delivered_again
            where delivered_again.batch_number > {{ latest_batch_number() }}
        )
    {%- endif %}
),

{{ latest_versions(
    copies='delivered',
    key='task_id',
    columns=columns,
    times=['due_at', 'created_at', 'modified_at', 'deleted_at'],
    newest=['modified_at'],
) }},

final as (
    select
        task_id,
        {{ columns | join(',\n        ') }},
        loaded_at,
        source_row_count,
        batch_number
    from latest
)

select * from final
