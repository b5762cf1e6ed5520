-- One row per source table: up to when it can be believed complete (funnel.md 20), and the moment
-- the warehouse is of, and the zone of its local dates.
{%- set sources = [
    ('care_platform.clients', 'clients', known_by('loaded_at', touched_at()), false),
    ('care_platform.members', 'members', known_by('loaded_at', 'created_at'), false),
    ('care_platform.project', 'delivered_projects', known_by('loaded_at', touched_at()), false),
    ('care_platform.historical_project', 'full_project_history', 'changed_at', true),
    ('care_platform.task', 'delivered_tasks', known_by('loaded_at', touched_at()), false),
    ('care_platform.historical_task', 'full_task_history', 'changed_at', true),
    ('snowplow.events', 'accepted_events', 'event_at', true),
] %}
with

first_loads as (
    -- only of rows that record a moment, not of records that change
    {%- for source_table, model, _, has_lateness in sources if has_lateness %}
    select
        '{{ source_table }}' as source_table,
        min(loaded_at) as first_loaded_at
    from {{ ref(model) }}
    {{ 'where set_aside_reason is null' if model != 'accepted_events' }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

-- what happened before anything was loaded was loaded at once: it does not tell how late rows come
lateness as (
    {%- for source_table, model, moment, has_lateness in sources if has_lateness %}
    select
        '{{ source_table }}' as source_table,
        cast(
            percentile_cont(0.99) within group (
                order by
                    {{ epoch_microseconds('told.loaded_at') }}
                    - {{ epoch_microseconds('told.' ~ moment) }}
            ) as bigint
        ) as lateness_microseconds
    from {{ ref(model) }} as told
    inner join first_loads
        on
            first_loads.source_table = '{{ source_table }}'
            and told.{{ moment }} >= first_loads.first_loaded_at
    {{ 'where told.set_aside_reason is null' if model != 'accepted_events' }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

moments as (
    {%- for source_table, model, moment, has_lateness in sources %}
    select
        '{{ source_table }}' as source_table,
        max({{ known_by('collected_at', moment) if model == 'accepted_events' else moment }})
            as latest_source_at,
        max(loaded_at) as latest_loaded_at,
        {{ '0' if model == 'accepted_events' else 'coalesce(sum(early_moment_count), 0)' }}
            as early_moment_count,
        {{ has_lateness | lower }} as has_lateness
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
        {{ microseconds_to_seconds('lateness.lateness_microseconds') }} as lateness_p99_seconds,
        case
            when moments.latest_source_at is not null or moments.latest_loaded_at is not null
                then least(
                    latest.as_of,
                    case
                        when
                            moments.latest_loaded_at is null
                            or moments.has_lateness and lateness.lateness_microseconds is null
                            then moments.latest_source_at
                        else
                            {{ from_epoch_microseconds(
                                epoch_microseconds('moments.latest_loaded_at')
                                ~ ' - coalesce(lateness.lateness_microseconds, 0)'
                            ) }}
                    end
                )
        end as complete_through,
        cast(moments.early_moment_count as bigint) as early_moment_count,
        latest.as_of,
        site.time_zone as site_time_zone
    from moments
    left join lateness
        on moments.source_table = lateness.source_table
    cross join latest
    cross join site
)

select * from final
