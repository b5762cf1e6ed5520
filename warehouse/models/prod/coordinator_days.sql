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
        coordinators.coordinator_id,
        -- creating and cancelling is not the team's work
        coalesce(changes.category in ('active', 'waiting', 'paused', 'done'), false) as is_work
    from changes
    cross join site
    left join coordinators
        on changes.changed_by_id = coordinators.coordinator_id
),

final as (
    select
        worked_date,
        cast(count(distinct coordinator_id) as bigint) as coordinator_count,
        cast(count(case when is_work then 1 end) as bigint) as work_change_count,
        cast(
            count(case when is_work and changed_by_id is not null then 1 end) as bigint
        ) as attributed_change_count
    from localised
    group by worked_date
)

select * from final
