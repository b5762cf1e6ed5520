-- Every task there is or was: from the current table, and those that only their history knows. A
-- parent that is no known project is no project (durations.md 10).
with

tasks as (
    select * from {{ ref('delivered_tasks') }}
),

history as (
    select * from {{ ref('full_task_history') }}
),

known_projects as (
    select * from {{ ref('known_projects') }}
),

status_map as (
    select * from {{ ref('mapped_statuses') }}
    where entity = 'task'
),

-- their status of today came after the moment asked for
changed_later as (
    select distinct task_id from history
    where set_aside_reason = 'after_as_of' and status is not null
),

listed as (
    select
        tasks.*,
        case
            when changed_later.task_id is null then {{ normalised_status('tasks.raw_status') }}
        end as normalised_status
    from tasks
    left join changed_later
        on tasks.task_id = changed_later.task_id
    where tasks.set_aside_reason is null
),

-- what only history knows of: its last word on each attribute
last_words as (
    select
        history.task_id,
        history.title,
        history.due_at,
        history.created_at,
        history.changed_at,
        row_number() over (
            partition by history.task_id
            order by
                case when history.title is null then 1 else 0 end,
                history.changed_at desc nulls last,
                try_cast(history.task_history_id as decimal(38, 6)) desc nulls first,
                history.task_history_id desc nulls last
        ) as title_recency,
        row_number() over (
            partition by history.task_id
            order by
                case when history.due_at is null then 1 else 0 end,
                history.changed_at desc nulls last,
                try_cast(history.task_history_id as decimal(38, 6)) desc nulls first,
                history.task_history_id desc nulls last
        ) as due_at_recency
    from history
    left join listed
        on history.task_id = listed.task_id
    where
        listed.task_id is null
        and history.set_aside_reason is null
        -- says the same of nearly all rows, without a join
        and not history.has_record
),

remembered as (
    select
        task_id,
        max(case when title_recency = 1 then title end) as title,
        max(case when due_at_recency = 1 then due_at end) as due_at,
        min(coalesce(created_at, changed_at)) as created_at
    from last_words
    group by task_id
),

assembled as (
    select
        listed.task_id,
        listed.project_id,
        listed.title,
        listed.created_at,
        listed.due_at,
        listed.deleted_at,
        coalesce(status_map.status, listed.normalised_status, 'unknown') as status,
        coalesce(status_map.category, 'unknown') as category,
        true as is_listed,
        listed.batch_number as record_batch_number
    from listed
    left join status_map
        on listed.normalised_status = status_map.normalised_status

    union all

    select
        task_id,
        cast(null as varchar) as project_id,
        title,
        created_at,
        due_at,
        cast(null as timestamp) as deleted_at,
        'unknown' as status,
        'unknown' as category,
        false as is_listed,
        cast(null as bigint) as record_batch_number
    from remembered
),

final as (
    select
        assembled.task_id,
        known_projects.project_id,
        assembled.project_id is not null and known_projects.project_id is null
            as has_unknown_project,
        case upper({{ trimmed('assembled.title') }})
            when 'G' then 'general'
            when 'I' then 'internal'
            else 'member'
        end as task_type,
        assembled.created_at,
        assembled.due_at,
        assembled.deleted_at,
        assembled.status,
        assembled.category,
        assembled.is_listed,
        assembled.record_batch_number
    from assembled
    left join known_projects
        on assembled.project_id = known_projects.project_id
)

select * from final
