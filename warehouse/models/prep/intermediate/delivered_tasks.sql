{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='task_id',
) }}
{%- set columns = [
    'task_id', 'project_id', 'title', 'raw_status', 'due_at', 'created_at', 'modified_at',
    'deleted_at', 'loaded_at', 'set_aside_reason', 'row_hash', 'source_row_count',
    'batch_number',
] -%}
-- Every task that a record was ever delivered of, as the latest version says. A newly landed
-- version is weighed against the one that counted so far.
with

delivered as (
    select
        {{ columns | join(',\n        ') }}
    from {{ ref('tasks') }}
    {%- if is_incremental() %}
    where batch_number > {{ latest_batch_number() }}

    union all

    select
        {{ columns | join(',\n        ') }}
    from {{ this }}
    where
        task_id in (
            select delivered_again.task_id from {{ ref('tasks') }} as delivered_again
            where delivered_again.batch_number > {{ latest_batch_number() }}
        )
    {%- endif %}
),

ranked as (
    select
        *,
        sum(source_row_count) over (partition by task_id) as all_row_count,
        max(batch_number) over (partition by task_id) as last_batch_number,
        row_number() over (
            partition by task_id
            order by loaded_at desc nulls last, modified_at desc nulls last, row_hash asc
        ) as version_rank
    from delivered
),

final as (
    select
        {{ columns[:-2] | join(',\n        ') }},
        cast(all_row_count as bigint) as source_row_count,
        last_batch_number as batch_number
    from ranked
    where version_rank = 1
)

select * from final
