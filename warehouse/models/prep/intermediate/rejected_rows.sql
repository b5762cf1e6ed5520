{{ config(materialized='view') }}
-- Every row that cannot be used, and why: nothing is dropped in silence. Judged here and not when
-- landing, so that a warehouse without landing rejects the same rows.
with

final as (
    {%- for source_table, model, key in [
        ('care_platform.clients', 'clients', 'client_id'),
        ('care_platform.members', 'members', 'member_id'),
        ('care_platform.project', 'delivered_projects', 'project_id'),
        ('care_platform.historical_project', 'full_project_history', 'project_history_id'),
        ('care_platform.task', 'delivered_tasks', 'task_id'),
        ('care_platform.historical_task', 'full_task_history', 'task_history_id'),
        ('snowplow.events', 'delivered_events', 'event_id'),
    ] %}
    select
        '{{ source_table }}' as source_table,
        {{ key }} as row_id,
        set_aside_reason as reason
    from {{ ref(model) }}
    where set_aside_reason is not null
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)

select * from final
