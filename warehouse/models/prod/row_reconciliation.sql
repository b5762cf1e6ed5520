-- One row per source table and fate: every raw row is modelled, deduplicated, rejected, or dated
-- after the moment asked for. Modelled rows are counted where they end, not where they begin.
with

modelled as (
    select 'care_platform.clients' as source_table, count(*) as row_count
    from {{ ref('clients') }}
    where set_aside_reason is null

    union all

    select 'care_platform.members' as source_table, count(*) as row_count
    from {{ ref('member_intake_funnel_metrics') }}
    where has_account

    union all

    select 'care_platform.project' as source_table, count(*) as row_count
    from {{ ref('current_project_summary') }}
    where is_listed

    union all

    select 'care_platform.historical_project' as source_table, count(*) as row_count
    from {{ ref('full_project_history') }}
    where set_aside_reason is null

    union all

    select 'care_platform.task' as source_table, count(*) as row_count
    from {{ ref('current_task_summary') }}
    where is_listed

    union all

    select 'care_platform.historical_task' as source_table, count(*) as row_count
    from {{ ref('full_task_history') }}
    where set_aside_reason is null

    union all

    select 'snowplow.events' as source_table, count(*) as row_count
    from {{ ref('accepted_events') }}
),

deduplicated as (
    {%- for source_table, model in [
        ('care_platform.clients', 'clients'),
        ('care_platform.members', 'members'),
        ('care_platform.project', 'projects'),
        ('care_platform.historical_project', 'project_history'),
        ('care_platform.task', 'tasks'),
        ('care_platform.historical_task', 'task_history'),
        ('snowplow.events', 'events'),
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
    select 'modelled' as fate, 1 as fate_order
    union all
    select 'deduplicated' as fate, 2 as fate_order
    union all
    select 'rejected' as fate, 3 as fate_order
    union all
    select 'after_as_of' as fate, 4 as fate_order
),

counted as (
    select source_table, 'modelled' as fate, row_count from modelled
    union all
    select source_table, 'deduplicated' as fate, row_count from deduplicated
    union all
    select source_table, fate, row_count from set_aside
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
