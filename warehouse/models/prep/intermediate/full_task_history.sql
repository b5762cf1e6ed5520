{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='task_history_id',
) }}
{%- set columns = [
    'task_id', 'changed_at', 'changed_by_id', 'raw_status', 'title', 'due_at', 'own_created_at',
    'own_set_aside_reason', 'early_moment_count',
] -%}
{#- Read more than once: only a model itself is not written out for that by the database. -#}
{%- set copies = ref('task_history') -%}
-- Every change of a task, with its status mapped and the task it belongs to. Rows that cannot be
-- used are kept, with the reason. New are the rows of new batches, and all rows of tasks whose
-- record is new: it says when the task was created and deleted. A change never vanishes: rows are
-- replaced by their own id.
with

delivered_tasks as (
    select * from {{ ref('delivered_tasks') }}
),

status_map as (
    select * from {{ ref('mapped_statuses') }}
    where entity = 'task'
),

-- a record that cannot be used says nothing, and what the one before it said no longer holds
tasks as (
    select
        task_id,
        case when set_aside_reason is null then created_at end as created_at,
        case when set_aside_reason is null then deleted_at end as deleted_at,
        set_aside_reason is null as has_record,
        batch_number
    from delivered_tasks
),

{%- if is_incremental() %}

new_changes as (
    select task_history_id from {{ ref('task_history') }}
    where batch_number > {{ latest_batch_number() }}
),

-- all there is of what came: a change may be replaced at its source
delivered as (
    select * from {{ ref('task_history') }}
    where task_history_id in (select new_changes.task_history_id from new_changes)
),

known as (
    select earlier.* from {{ this }} as earlier
    inner join delivered_tasks
        on earlier.task_id = delivered_tasks.task_id
    where
        delivered_tasks.batch_number > {{ latest_batch_number('record_batch_number') }}
        and earlier.task_history_id not in (
            select new_changes.task_history_id from new_changes
        )
),

copies as (
    {%- for relation in ['delivered', 'known'] %}
    select
        task_history_id,
        {{ columns | join(',\n        ') }},
        loaded_at,
        source_row_count,
        batch_number
    from {{ relation }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),
{%- set copies = 'copies' %}
{%- endif %}

{{ latest_versions(
    copies=copies,
    key='task_history_id',
    columns=columns,
    times=['changed_at', 'due_at', 'own_created_at'],
) }},

-- each spelling is mapped once
spellings as (
    select
        raw_status,
        {{ normalised_status('raw_status') }} as normalised_status
    from {{ copies }}
    group by raw_status
),

mapped as (
    select
        spellings.raw_status,
        coalesce(status_map.status, spellings.normalised_status) as status,
        case
            when spellings.normalised_status is not null
                then coalesce(status_map.category, 'unknown')
        end as category
    from spellings
    left join status_map
        on spellings.normalised_status = status_map.normalised_status
),

final as (
    select
        latest.task_history_id,
        latest.task_id,
        latest.changed_at,
        latest.changed_by_id,
        latest.loaded_at,
        latest.raw_status,
        latest.title,
        latest.due_at,
        mapped.status,
        mapped.category,
        -- the task's own record of its creation, else what its history says
        coalesce(tasks.created_at, latest.own_created_at) as created_at,
        coalesce(
            latest.own_set_aside_reason,
            case
                when latest.changed_at < coalesce(tasks.created_at, latest.own_created_at)
                    then 'dated_before_created'
                -- a deletion is the end: what is dated later cannot have happened to the task
                when latest.changed_at > tasks.deleted_at then 'dated_after_deletion'
            end
        ) as set_aside_reason,
        latest.own_created_at,
        latest.own_set_aside_reason,
        latest.early_moment_count,
        latest.source_row_count,
        latest.batch_number,
        coalesce(tasks.has_record, false) as has_record,
        tasks.batch_number as record_batch_number
    from latest
    left join tasks
        on latest.task_id = tasks.task_id
    left join mapped
        on latest.raw_status = mapped.raw_status
)

select * from final
