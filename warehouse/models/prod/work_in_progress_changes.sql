-- One row per project and local date on which its work in progress changed (durations.md 17).
with

task_phases as (
    select * from {{ ref('task_phases') }}
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
        coalesce(project_id, '(none)') as project_key,
        project_id,
        visit_number,
        entered_at,
        exited_at,
        case when category in ('done', 'cancelled') then 0 else 1 end as is_open,
        case when category = 'active' then 1 else 0 end as is_active
    from task_phases
),

sequenced as (
    select
        *,
        coalesce(lag(is_open) over (partition by task_id order by visit_number), 0) as was_open,
        coalesce(lag(is_active) over (partition by task_id order by visit_number), 0) as was_active,
        lead(entered_at) over (partition by task_id order by visit_number) as next_entered_at
    from weighed
),

movements as (
    select
        project_key,
        project_id,
        entered_at as moved_at,
        is_open - was_open as open_change,
        is_active - was_active as active_change
    from sequenced

    union all

    -- a deletion ends a task's last visit, and no other follows
    select
        project_key,
        project_id,
        exited_at as moved_at,
        -is_open as open_change,
        -is_active as active_change
    from sequenced
    where next_entered_at is null and exited_at is not null
),

localised as (
    select
        movements.*,
        site.time_zone,
        moment.as_of,
        cast({{ local_time('movements.moved_at', 'site.time_zone') }} as date) as changed_date
    from movements
    cross join site
    cross join moment
    where movements.open_change != 0 or movements.active_change != 0
),

bounded as (
    select
        *,
        {{ epoch_microseconds('moved_at') }} as moved,
        {{ epoch_microseconds(utc_time(
            'cast(changed_date as timestamp)', 'time_zone'
        )) }} as day_begins,
        least(
            {{ epoch_microseconds(utc_time(
                'cast(' ~ dbt.dateadd('day', 1, 'changed_date') ~ ' as timestamp)', 'time_zone'
            )) }},
            {{ epoch_microseconds('as_of') }}
        ) as day_ends
    from localised
),

daily as (
    select
        project_key,
        project_id,
        changed_date,
        day_begins,
        day_ends,
        sum(case when open_change > 0 then 1 else 0 end) as tasks_entered,
        sum(case when open_change < 0 then 1 else 0 end) as tasks_left,
        sum(open_change) as open_change,
        sum(active_change) as active_change,
        sum(open_change * (day_ends - moved)) as open_microseconds,
        sum(active_change * (day_ends - moved)) as active_microseconds
    from bounded
    group by project_key, project_id, changed_date, day_begins, day_ends
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
