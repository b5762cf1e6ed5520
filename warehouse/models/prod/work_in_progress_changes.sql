-- One row per project and local date on which its work in progress changed (durations.md 17).
with

task_visits as (
    select * from {{ ref('task_visits') }}
),

known_tasks as (
    select * from {{ ref('known_tasks') }}
),

moment as (
    select max(as_of) as as_of from {{ ref('data_freshness') }}
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

weighed as (
    select
        task_id,
        entered_at,
        exited_at,
        is_last,
        case when category in ('done', 'cancelled') then 0 else 1 end as is_open,
        case when category = 'active' then 1 else 0 end as is_active,
        case
            when coalesce(previous_category, 'done') in ('done', 'cancelled') then 0 else 1
        end as was_open,
        case when previous_category = 'active' then 1 else 0 end as was_active
    from task_visits
),

movements as (
    select
        task_id,
        entered_at as moved_at,
        is_open - was_open as open_change,
        is_active - was_active as active_change
    from weighed

    union all

    -- a deletion ends a task's last visit, and no other follows
    select
        task_id,
        exited_at as moved_at,
        -is_open as open_change,
        -is_active as active_change
    from weighed
    where is_last and exited_at is not null
),

localised as (
    select
        known_tasks.project_id,
        movements.open_change,
        movements.active_change,
        {{ epoch_microseconds('movements.moved_at') }} as moved,
        cast({{ local_time('movements.moved_at', 'site.time_zone') }} as date) as changed_date
    from movements
    inner join known_tasks
        on movements.task_id = known_tasks.task_id
    cross join site
    where movements.open_change != 0 or movements.active_change != 0
),

summed as (
    select
        project_id,
        changed_date,
        sum(case when open_change > 0 then 1 else 0 end) as tasks_entered,
        sum(case when open_change < 0 then 1 else 0 end) as tasks_left,
        sum(open_change) as open_change,
        sum(active_change) as active_change,
        sum(open_change * moved) as open_moved,
        sum(active_change * moved) as active_moved
    from localised
    group by project_id, changed_date
),

changed_dates as (
    select distinct changed_date from summed
),

bounds as (
    select
        changed_dates.changed_date,
        {{ epoch_microseconds(utc_time(
            'cast(changed_dates.changed_date as timestamp)', 'site.time_zone'
        )) }} as day_begins,
        least(
            {{ epoch_microseconds(utc_time(
                'cast(' ~ dbt.dateadd('day', 1, 'changed_dates.changed_date') ~ ' as timestamp)',
                'site.time_zone'
            )) }},
            {{ epoch_microseconds('moment.as_of') }}
        ) as day_ends
    from changed_dates
    cross join site
    cross join moment
),

daily as (
    select
        summed.*,
        coalesce(summed.project_id, '(none)') as project_key,
        bounds.day_begins,
        bounds.day_ends,
        summed.open_change * bounds.day_ends - summed.open_moved as open_microseconds,
        summed.active_change * bounds.day_ends - summed.active_moved as active_microseconds
    from summed
    inner join bounds
        on summed.changed_date = bounds.changed_date
),

running as (
    select
        *,
        sum(open_change) over (
            partition by project_key order by changed_date
            rows between unbounded preceding and current row
        ) as open_task_count,
        sum(active_change) over (
            partition by project_key order by changed_date
            rows between unbounded preceding and current row
        ) as active_task_count
    from daily
),

final as (
    select
        project_key,
        project_id,
        changed_date,
        cast(tasks_entered as bigint) as tasks_entered,
        cast(tasks_left as bigint) as tasks_left,
        cast(open_task_count as bigint) as open_task_count,
        cast(active_task_count as bigint) as active_task_count,
        {{ microseconds_to_seconds(
            '(open_task_count - open_change) * (day_ends - day_begins) + open_microseconds'
        ) }} as open_seconds,
        {{ microseconds_to_seconds(
            '(active_task_count - active_change) * (day_ends - day_begins) + active_microseconds'
        ) }} as active_seconds
    from running
)

select * from final
