-- Every task there is or was: from the current table, and those that only their history knows. A
-- parent that is no known project is no project (durations.md 10).
with

tasks as (
    select * from {{ ref('tasks') }}
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

listed as (
    select
        *,
        {{ normalised_status('raw_status') }} as normalised_status
    from tasks
    where set_aside_reason is null
),

remembered as (
    select
        history.task_id,
        max(history.title) as title,
        max(history.due_at) as due_at,
        min(coalesce(history.created_at, history.changed_at)) as created_at
    from history
    left join listed
        on history.task_id = listed.task_id
    where listed.task_id is null and history.set_aside_reason is null
    group by history.task_id
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
        true as is_listed
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
        false as is_listed
    from remembered
),

final as (
    select
        assembled.task_id,
        known_projects.project_id,
        assembled.project_id is not null and known_projects.project_id is null
            as has_unknown_project,
        case upper(trim(assembled.title))
            when 'G' then 'general'
            when 'I' then 'internal'
            else 'member'
        end as task_type,
        assembled.created_at,
        assembled.due_at,
        assembled.deleted_at,
        assembled.status,
        assembled.category,
        assembled.is_listed
    from assembled
    left join known_projects
        on assembled.project_id = known_projects.project_id
)

select * from final
