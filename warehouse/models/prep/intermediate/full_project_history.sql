{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='project_history_id',
) }}
{%- set columns = [
    'project_history_id', 'project_id', 'changed_at', 'changed_by_id', 'loaded_at',
    'raw_status', 'project_type', 'first_active_at',
] -%}
-- Every change of a project, with its status mapped and the project it belongs to. Rows that
-- cannot be used are kept, with the reason. New are the rows of new batches, and all rows of
-- projects whose record is new: it says when the project was created. A change never vanishes: rows
-- are replaced by their own id.
with

project_history as (
    select
        {{ columns | join(',\n        ') }},
        created_at as own_created_at,
        set_aside_reason as own_set_aside_reason,
        row_hash,
        source_row_count,
        batch_number
    from {{ ref('project_history') }}
    {%- if is_incremental() %}
    where batch_number > {{ latest_batch_number() }}
    {%- endif %}
),

projects as (
    select * from {{ ref('delivered_projects') }}
),

status_map as (
    select * from {{ ref('mapped_statuses') }}
    where entity = 'project'
),

{%- if is_incremental() %}

earlier as (
    select
        {{ columns | join(',\n        ') }},
        own_created_at,
        own_set_aside_reason,
        row_hash,
        source_row_count,
        batch_number
    from {{ this }}
),

known as (
    select * from earlier
    where
        project_history_id in (select project_history.project_history_id from project_history)
        or project_id in (
            select projects.project_id from projects
            where projects.batch_number > {{ latest_batch_number('record_batch_number') }}
        )
),

copies as (
    select * from project_history

    union all

    select * from known
),
{%- else %}

copies as (
    select * from project_history
),
{%- endif %}

-- the same row may be landed again: the latest version counts, in an order that is always total
ranked as (
    select
        *,
        sum(source_row_count) over (partition by project_history_id) as all_row_count,
        max(batch_number) over (partition by project_history_id) as last_batch_number,
        row_number() over (
            partition by project_history_id
            order by loaded_at desc nulls last, row_hash asc
        ) as version_rank
    from copies
),

normalised as (
    select
        *,
        {{ normalised_status('raw_status') }} as normalised_status
    from ranked
    where version_rank = 1
),

joined as (
    select
        normalised.project_history_id,
        normalised.project_id,
        normalised.changed_at,
        normalised.changed_by_id,
        normalised.loaded_at,
        normalised.raw_status,
        normalised.project_type,
        normalised.first_active_at,
        coalesce(status_map.status, normalised.normalised_status) as status,
        case
            when normalised.normalised_status is not null
                then coalesce(status_map.category, 'unknown')
        end as category,
        -- the project's own record of its creation, else what its history says
        coalesce(projects.created_at, normalised.own_created_at) as created_at,
        normalised.own_created_at,
        normalised.own_set_aside_reason,
        normalised.row_hash,
        normalised.all_row_count,
        normalised.last_batch_number,
        projects.batch_number as record_batch_number
    from normalised
    left join projects
        on
            normalised.project_id = projects.project_id
            and projects.set_aside_reason is null
    left join status_map
        on normalised.normalised_status = status_map.normalised_status
),

final as (
    select
        project_history_id,
        project_id,
        changed_at,
        changed_by_id,
        loaded_at,
        raw_status,
        project_type,
        first_active_at,
        status,
        category,
        created_at,
        coalesce(
            own_set_aside_reason,
            case when changed_at < created_at then 'dated_before_created' end
        ) as set_aside_reason,
        own_created_at,
        own_set_aside_reason,
        row_hash,
        cast(all_row_count as bigint) as source_row_count,
        last_batch_number as batch_number,
        record_batch_number
    from joined
)

select * from final
