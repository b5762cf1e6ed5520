-- One row per local date on which a task changed: how many coordinators worked, not who
-- (durations.md 19). A coordinator is somebody who ever took up a task; at work on a date is one
-- who made any change of a task on it.
with

changes as (
    select * from {{ ref('full_task_history') }}
    where set_aside_reason is null
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

coordinators as (
    select distinct changed_by_id as coordinator_id
    from changes
    where category = 'active' and changed_by_id is not null
),

localised as (
    select
        cast({{ local_time('changes.changed_at', 'site.time_zone') }} as date) as worked_date,
        changes.changed_by_id,
        -- creating and cancelling is not the team's work
        case when changes.category in ('active', 'waiting', 'paused', 'done') then 1 else 0 end
            as is_work
    from changes
    cross join site
),

personal as (
    select
        worked_date,
        changed_by_id,
        sum(is_work) as work_change_count
    from localised
    group by worked_date, changed_by_id
),

final as (
    select
        personal.worked_date,
        cast(count(coordinators.coordinator_id) as bigint) as coordinator_count,
        cast(sum(personal.work_change_count) as bigint) as work_change_count,
        cast(
            sum(
                case
                    when personal.changed_by_id is not null then personal.work_change_count
                    else 0
                end
            ) as bigint
        ) as attributed_change_count
    from personal
    left join coordinators
        on personal.changed_by_id = coordinators.coordinator_id
    group by personal.worked_date
)

select * from final
