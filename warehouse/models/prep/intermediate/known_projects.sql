-- Every project there is or was: from the current table, and those that only their history knows.
with

projects as (
    select * from {{ ref('delivered_projects') }}
),

history as (
    select * from {{ ref('full_project_history') }}
),

status_map as (
    select * from {{ ref('mapped_statuses') }}
    where entity = 'project'
),

-- their status of today came after the moment asked for
changed_later as (
    select distinct project_id from history
    where set_aside_reason = 'after_as_of' and status is not null
),

listed as (
    select
        projects.*,
        case
            when changed_later.project_id is null
                then {{ normalised_status('projects.raw_status') }}
        end as normalised_status
    from projects
    left join changed_later
        on projects.project_id = changed_later.project_id
    where projects.set_aside_reason is null
),

-- what only history knows of: its last word on each attribute
last_words as (
    select
        history.project_id,
        history.project_type,
        history.first_active_at,
        history.created_at,
        history.changed_at,
        row_number() over (
            partition by history.project_id
            order by
                case when history.project_type is null then 1 else 0 end,
                history.changed_at desc nulls last,
                try_cast(history.project_history_id as decimal(38, 6)) desc nulls first,
                history.project_history_id desc nulls last
        ) as project_type_recency,
        row_number() over (
            partition by history.project_id
            order by
                case when history.first_active_at is null then 1 else 0 end,
                history.changed_at desc nulls last,
                try_cast(history.project_history_id as decimal(38, 6)) desc nulls first,
                history.project_history_id desc nulls last
        ) as first_active_at_recency
    from history
    left join listed
        on history.project_id = listed.project_id
    where
        listed.project_id is null
        and history.set_aside_reason is null
        -- says the same of nearly all rows, without a join
        and not history.has_record
),

remembered as (
    select
        project_id,
        max(case when project_type_recency = 1 then project_type end) as project_type,
        max(case when first_active_at_recency = 1 then first_active_at end) as first_active_at,
        min(coalesce(created_at, changed_at)) as created_at
    from last_words
    group by project_id
),

final as (
    select
        listed.project_id,
        listed.member_id,
        listed.project_type,
        listed.created_at,
        listed.first_active_at,
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
        project_id,
        cast(null as varchar) as member_id,
        project_type,
        created_at,
        first_active_at,
        cast(null as timestamp) as deleted_at,
        'unknown' as status,
        'unknown' as category,
        false as is_listed,
        cast(null as bigint) as record_batch_number
    from remembered
)

select * from final
