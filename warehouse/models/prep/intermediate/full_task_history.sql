-- Every change of a task, with its status mapped and the task it belongs to. Rows that cannot be
-- used are kept, with the reason.
with

task_history as (
    select * from {{ ref('task_history') }}
),

tasks as (
    select * from {{ ref('tasks') }}
),

status_map as (
    select * from {{ ref('mapped_statuses') }}
    where entity = 'task'
),

normalised as (
    select
        *,
        {{ normalised_status('raw_status') }} as normalised_status
    from task_history
),

joined as (
    select
        normalised.task_history_id,
        normalised.task_id,
        normalised.changed_at,
        normalised.changed_by_id,
        normalised.loaded_at,
        normalised.raw_status,
        normalised.title,
        normalised.due_at,
        coalesce(status_map.status, normalised.normalised_status) as status,
        case
            when normalised.normalised_status is not null
                then coalesce(status_map.category, 'unknown')
        end as category,
        -- the task's own record of its creation, else what its history says
        coalesce(tasks.created_at, normalised.created_at) as created_at,
        normalised.set_aside_reason
    from normalised
    left join tasks
        on
            normalised.task_id = tasks.task_id
            and tasks.set_aside_reason is null
    left join status_map
        on normalised.normalised_status = status_map.normalised_status
),

final as (
    select
        task_history_id,
        task_id,
        changed_at,
        changed_by_id,
        loaded_at,
        raw_status,
        title,
        due_at,
        status,
        category,
        created_at,
        coalesce(
            set_aside_reason,
            case when changed_at < created_at then 'dated_before_created' end
        ) as set_aside_reason
    from joined
)

select * from final
