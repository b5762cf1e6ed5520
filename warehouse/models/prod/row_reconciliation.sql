-- One row per source table and fate: every raw row is modelled, deduplicated, rejected, or dated
-- after the moment asked for. Modelled rows are counted where they end, not where they begin.
with

modelled as (
    {%- for source_table, model, condition in [
        ('care_platform.clients', 'clients', 'set_aside_reason is null'),
        ('care_platform.members', 'member_intake_funnel_metrics', 'has_account'),
        ('care_platform.project', 'current_project_summary', 'is_listed'),
        ('care_platform.historical_project', 'full_project_history', 'set_aside_reason is null'),
        ('care_platform.task', 'current_task_summary', 'is_listed'),
        ('care_platform.historical_task', 'full_task_history', 'set_aside_reason is null'),
        ('snowplow.events', 'accepted_events', 'event_id is not null'),
    ] %}
    select
        '{{ source_table }}' as source_table,
        count(*) as row_count
    from {{ ref(model) }}
    where {{ condition }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

deduplicated as (
    {%- for source_table, model in [
        ('care_platform.clients', 'clients'),
        ('care_platform.members', 'members'),
        ('care_platform.project', 'delivered_projects'),
        ('care_platform.historical_project', 'full_project_history'),
        ('care_platform.task', 'delivered_tasks'),
        ('care_platform.historical_task', 'full_task_history'),
        ('snowplow.events', 'delivered_events'),
    ] %}
    select
        '{{ source_table }}' as source_table,
        coalesce(sum(source_row_count - 1), 0) as row_count
    from {{ ref(model) }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

set_aside as (
    select
        source_table,
        case when reason = 'after_as_of' then 'after_as_of' else 'rejected' end as fate,
        sum(row_count) as row_count
    from {{ ref('rejection_summary') }}
    group by source_table, case when reason = 'after_as_of' then 'after_as_of' else 'rejected' end
),

fates as (
    {%- for fate in ['modelled', 'deduplicated', 'rejected', 'after_as_of'] %}
    select
        '{{ fate }}' as fate,
        {{ loop.index }} as fate_order
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

counted as (
    select
        source_table,
        'modelled' as fate,
        row_count
    from modelled

    union all

    select
        source_table,
        'deduplicated' as fate,
        row_count
    from deduplicated

    union all

    select
        source_table,
        fate,
        row_count
    from set_aside
),

final as (
    select
        modelled.source_table,
        fates.fate,
        fates.fate_order,
        cast(coalesce(counted.row_count, 0) as bigint) as row_count
    from modelled
    cross join fates
    left join counted
        on
            modelled.source_table = counted.source_table
            and fates.fate = counted.fate
)

select * from final
