-- Up to when each source can be believed complete (funnel.md 20), and the moment the warehouse is of.
with

moments as (
    {%- for source_table, model, moment in [
        ('care_platform.clients', 'clients', 'coalesce(modified_at, created_at)'),
        ('care_platform.members', 'members', 'created_at'),
        ('care_platform.project', 'projects', 'coalesce(modified_at, created_at)'),
        ('care_platform.historical_project', 'project_history', 'changed_at'),
        ('care_platform.task', 'tasks', 'coalesce(modified_at, created_at)'),
        ('care_platform.historical_task', 'task_history', 'changed_at'),
        ('snowplow.events', 'accepted_events', 'event_at'),
    ] %}
    {%- set is_history = model.endswith('_history') or model == 'accepted_events' %}
    select
        '{{ source_table }}' as source_table,
        max({{ moment }}) as latest_source_at,
        max(loaded_at) as latest_loaded_at,
        {%- if is_history %}
        cast(
            percentile_cont(0.99) within group (
                order by {{ epoch_microseconds('loaded_at') }} - {{ epoch_microseconds(moment) }}
            ) as bigint
        ) as lateness_microseconds
        {%- else %}
        cast(null as bigint) as lateness_microseconds
        {%- endif %}
    from {{ ref(model) }}
    {%- if model != 'accepted_events' %}
    where set_aside_reason is null
    {%- endif %}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

deletions as (
    select max(deleted_at) as latest_at from {{ ref('known_tasks') }}

    union all

    select max(deleted_at) as latest_at from {{ ref('known_projects') }}
),

latest as (
    {%- if var('as_of') %}
    select cast('{{ var("as_of") }}' as timestamp) as as_of
    {%- else %}
    select max(latest_at) as as_of
    from (
        select latest_source_at as latest_at from moments

        union all

        select latest_loaded_at as latest_at from moments

        union all

        select latest_at from deletions
    ) as every_moment
    {%- endif %}
),

final as (
    select
        moments.source_table,
        moments.latest_source_at,
        moments.latest_loaded_at,
        {{ microseconds_to_seconds('moments.lateness_microseconds') }} as lateness_p99_seconds,
        least(
            latest.as_of,
            {{ from_epoch_microseconds(
                epoch_microseconds('coalesce(moments.latest_loaded_at, moments.latest_source_at)')
                ~ ' - coalesce(moments.lateness_microseconds, 0)'
            ) }}
        ) as complete_through,
        latest.as_of
    from moments
    cross join latest
)

select * from final
