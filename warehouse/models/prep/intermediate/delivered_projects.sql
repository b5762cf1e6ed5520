{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='project_id',
) }}
{%- set columns = [
    'project_type', 'raw_status', 'member_id', 'created_at', 'first_active_at', 'modified_at',
    'deleted_at', 'set_aside_reason', 'early_moment_count',
] -%}
-- Every project that a record was ever delivered of, as the latest version says. A newly landed
-- version is weighed against the one that counted so far.
with

delivered as (
    select
        project_id,
        {{ columns | join(',\n        ') }},
        loaded_at,
        source_row_count,
        batch_number
    from {{ ref('projects') }}
    {%- if is_incremental() %}
    -- all there is of what came: the version that counted so far may be replaced at its source
    where
        project_id in (
            select delivered_again.project_id from {{ ref('projects') }} as delivered_again
            where delivered_again.batch_number > {{ latest_batch_number() }}
        )
    {%- endif %}
),

{{ latest_versions(
    copies='delivered',
    key='project_id',
    columns=columns,
    times=['created_at', 'first_active_at', 'modified_at', 'deleted_at'],
    newest=['modified_at'],
) }},

final as (
    select
        project_id,
        {{ columns | join(',\n        ') }},
        loaded_at,
        source_row_count,
        batch_number
    from latest
)

select * from final
