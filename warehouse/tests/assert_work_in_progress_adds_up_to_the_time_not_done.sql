-- A row means that the work in progress of a project, summed over time, is not the time that its
-- tasks spent neither done nor cancelled (durations.md 17).
with

moment as (
    select max({{ epoch_microseconds('as_of') }}) as as_of_microseconds
    from {{ ref('data_freshness') }}
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

changes as (
    select
        *,
        lead(changed_date) over (partition by project_key order by changed_date) as next_date
    from {{ ref('work_in_progress_changes') }}
),

-- from the end of a date that changed to the beginning of the next: nothing changed in between
bounded as (
    select
        changes.project_key,
        changes.open_task_count,
        changes.open_seconds,
        least(
            {{ epoch_microseconds(utc_time(
                'cast(' ~ dbt.dateadd('day', 1, 'changes.changed_date') ~ ' as timestamp)',
                'site.time_zone'
            )) }},
            moment.as_of_microseconds
        ) as quiet_from,
        coalesce(
            {{ epoch_microseconds(utc_time(
                'cast(changes.next_date as timestamp)', 'site.time_zone'
            )) }},
            moment.as_of_microseconds
        ) as quiet_until
    from changes
    cross join site
    cross join moment
),

in_progress as (
    select
        project_key,
        sum(
            open_seconds
            + open_task_count * {{ microseconds_to_seconds('quiet_until - quiet_from') }}
        ) as open_seconds
    from bounded
    group by project_key
),

not_done as (
    select
        coalesce(project_id, '(none)') as project_key,
        sum(seconds) as open_seconds
    from {{ ref('task_phases') }}
    where category not in ('done', 'cancelled')
    group by coalesce(project_id, '(none)')
)

select
    coalesce(not_done.project_key, in_progress.project_key) as project_key,
    not_done.open_seconds,
    in_progress.open_seconds as in_progress_seconds
from not_done
full outer join in_progress
    on not_done.project_key = in_progress.project_key
where coalesce(not_done.open_seconds, 0) != coalesce(in_progress.open_seconds, 0)
