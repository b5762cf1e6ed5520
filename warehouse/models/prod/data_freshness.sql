-- One row per source table: up to when it can be believed complete (funnel.md 20), and the moment
-- the warehouse is of, and the zone of its local dates.
with

moments as (
    {%- for source_table, model, moment, load_time in [
        ('care_platform.clients', 'clients', known_by_load(touched_at()), none),
        ('care_platform.members', 'members', known_by_load('created_at'), none),
        ('care_platform.project', 'delivered_projects', known_by_load(touched_at()), none),
        ('care_platform.historical_project', 'full_project_history', 'changed_at', 'loaded_at'),
        ('care_platform.task', 'delivered_tasks', known_by_load(touched_at()), none),
        ('care_platform.historical_task', 'full_task_history', 'changed_at', 'loaded_at'),
        ('snowplow.events', 'accepted_events', 'event_at', 'loaded_at'),
    ] %}
    select
        '{{ source_table }}' as source_table,
        max({{ moment }}) as latest_source_at,
        max(loaded_at) as latest_loaded_at,
        {{ '0' if model == 'accepted_events' else 'coalesce(sum(early_moment_count), 0)' }}
            as early_moment_count,
        -- only of rows that record a moment, not of records that change
        cast(
            percentile_cont(0.99) within group (
                order by
                    {{ epoch_microseconds(load_time or 'cast(null as timestamp)') }}
                    - {{ epoch_microseconds(moment) }}
            ) as bigint
        ) as lateness_microseconds
    from {{ ref(model) }}
    {{ 'where set_aside_reason is null' if model != 'accepted_events' }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

every_moment as (
    select latest_source_at as latest_at from moments

    union all

    select latest_loaded_at as latest_at from moments

    union all

    select max(deleted_at) as latest_at from {{ ref('known_tasks') }}

    union all

    select max(deleted_at) as latest_at from {{ ref('known_projects') }}
),

-- the moment asked for, else the latest in the data
latest as (
    select
        coalesce(
            cast(nullif('{{ var("as_of") }}', '') as timestamp), max(latest_at)
        ) as as_of
    from every_moment
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

final as (
    select
        moments.source_table,
        moments.latest_source_at,
        moments.latest_loaded_at,
        {{ microseconds_to_seconds('moments.lateness_microseconds') }} as lateness_p99_seconds,
        case
            when moments.latest_source_at is not null or moments.latest_loaded_at is not null
                then least(
                    latest.as_of,
                    {{ from_epoch_microseconds(
                        epoch_microseconds(
                            'coalesce(moments.latest_loaded_at, moments.latest_source_at)'
                        )
                        ~ ' - coalesce(moments.lateness_microseconds, 0)'
                    ) }}
                )
        end as complete_through,
        cast(moments.early_moment_count as bigint) as early_moment_count,
        latest.as_of,
        site.time_zone as site_time_zone
    from moments
    cross join latest
    cross join site
)

select * from final
