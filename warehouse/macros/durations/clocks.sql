{#- The clocks of durations.md, one row per task or project.

    entities        entity_id, created_at, deleted_at
    visits          entity_id, visit_number, status, category, previous_category, entered_at,
                    exited_at, is_last, is_imputed. What an imputed visit is for counts; when it began and ended
                    is not known
    working_hours   the relation of that name

    Gives common table expressions; the last is `clocks`. -#}
{% macro status_clocks(entities, visits, working_hours) -%}
-- several done statuses in a row are one completion
marked as (
    select
        entity_id,
        visit_number,
        status,
        category,
        is_last,
        is_imputed,
        case when not is_imputed then {{ epoch_microseconds('entered_at') }} end as entered,
        case when not is_imputed then {{ epoch_microseconds('exited_at') }} end as exited,
        category = 'done' and coalesce(previous_category, '') != 'done' and not is_imputed
            as is_completion,
        category not in ('done', 'cancelled') and coalesce(previous_category, '') = 'done'
            as is_reopening,
        category = 'cancelled' and coalesce(previous_category, '') != 'cancelled'
            as is_cancellation
    from {{ visits }}
),

milestones as (
    select
        entity_id,
        count(case when visit_number > 0 then 1 end) as visit_count,
        min(case when category = 'active' then entered end) as first_active,
        min(case when is_completion then entered end) as first_done,
        max(case when is_completion then entered end) as last_done,
        count(case when is_completion then 1 end) as completion_count,
        count(case when is_reopening then 1 end) as reopen_count,
        max(case when is_last then status end) as last_status,
        max(case when is_last then category end) as last_category,
        max(case when is_imputed then 1 else 0 end) = 1 as is_imputed,
        max(case when is_cancellation then entered end) as last_cancelled
    from marked
    group by entity_id
),

-- time is measured up to a completion
spans as (
    select
        marked.entity_id,
        min(
            case
                when marked.is_completion and marked.entered >= milestones.first_active
                    then marked.entered
            end
        ) as first_done_after_active,
        sum(
            case
                when
                    marked.category in ('active', 'waiting', 'paused')
                    and marked.entered >= milestones.first_active
                    and marked.exited <= milestones.last_done
                    then marked.exited - marked.entered
                else 0
            end
        ) as touch,
        sum(
            case
                when
                    marked.category = 'active'
                    and marked.entered >= milestones.first_active
                    and marked.exited <= milestones.last_done
                    then marked.exited - marked.entered
                else 0
            end
        ) as active,
        sum(
            case
                when
                    marked.category not in ('done', 'cancelled')
                    and marked.entered >= milestones.first_done
                    and marked.exited <= milestones.last_done
                    then marked.exited - marked.entered
                else 0
            end
        ) as rework
    from marked
    inner join milestones
        on marked.entity_id = milestones.entity_id
    where milestones.first_done is not null and marked.entered <= milestones.last_done
    group by marked.entity_id
),

timed as (
    select
        milestones.*,
        spans.first_done_after_active,
        case when milestones.first_done is not null then spans.rework end as rework,
        {{ entities }}.created_at,
        {{ entities }}.deleted_at,
        milestones.last_category = 'done' as is_done,
        case when milestones.last_done >= milestones.first_active then spans.touch end as touch,
        case when milestones.last_done >= milestones.first_active then spans.active end as active,
        case
            when milestones.last_category = 'done' and milestones.last_done >= milestones.first_active
                then milestones.first_active
        end as cycle_from
    from milestones
    left join spans
        on milestones.entity_id = spans.entity_id
    inner join {{ entities }}
        on milestones.entity_id = {{ entities }}.entity_id
),

{{ working_microseconds('timed', 'entity_id', 'cycle_from', 'last_done', working_hours) }},

clocks as (
    select
        timed.entity_id,
        timed.visit_count,
        timed.completion_count,
        timed.reopen_count,
        timed.last_status,
        timed.last_category,
        timed.is_imputed,
        timed.is_done,
        {{ from_epoch_microseconds('timed.first_active') }} as first_active_at,
        {{ from_epoch_microseconds('timed.first_done') }} as first_done_at,
        {{ from_epoch_microseconds('timed.last_done') }} as last_done_at,
        case
            when timed.is_done
                then {{ microseconds_to_seconds(
                    'timed.last_done - ' ~ epoch_microseconds('timed.created_at')
                ) }}
        end as lead_seconds,
        {{ microseconds_to_seconds('timed.last_done - timed.cycle_from') }} as cycle_seconds,
        {{ microseconds_to_seconds('timed.first_done_after_active - timed.first_active') }}
            as first_done_seconds,
        {{ microseconds_to_seconds('timed.touch') }} as touch_seconds,
        {{ microseconds_to_seconds('timed.active') }} as active_seconds,
        {{ microseconds_to_seconds('working.microseconds') }} as business_seconds,
        {{ microseconds_to_seconds('timed.rework') }} as rework_seconds,
        case
            when timed.touch > 0 then cast(timed.active as double) / timed.touch
        end as flow_efficiency_rate,
        -- the first end that came: a deletion of finished work does not undo the completion
        case
            when timed.is_done then 'completed'
            when timed.last_category = 'cancelled' then 'cancelled'
            when timed.deleted_at is not null then 'deleted'
        end as end_reason,
        case
            when timed.is_done then {{ from_epoch_microseconds('timed.last_done') }}
            when timed.last_category = 'cancelled'
                then {{ from_epoch_microseconds('timed.last_cancelled') }}
            when timed.deleted_at is not null then timed.deleted_at
        end as ended_at
    from timed
    left join working
        on timed.entity_id = working.entity_id
)
{%- endmacro %}
