{#- The clocks of durations.md, one row per task or project.

    entities        entity_id, created_at, deleted_at
    visits          entity_id, visit_number, status, category, entered_at, exited_at
    working_hours   the relation of that name

    Gives common table expressions; the last is `clocks`. -#}
{% macro status_clocks(entities, visits, working_hours) -%}
sequenced as (
    select
        entity_id,
        visit_number,
        category,
        {{ epoch_microseconds('entered_at') }} as entered,
        {{ epoch_microseconds('exited_at') }} as exited,
        lag(category) over (partition by entity_id order by visit_number) as previous_category,
        row_number() over (partition by entity_id order by visit_number desc) as visits_to_last
    from {{ visits }}
),

milestones as (
    select
        entity_id,
        count(case when visit_number > 0 then 1 end) as visit_count,
        min(case when category = 'active' then entered end) as first_active,
        min(
            case
                when category = 'done' and coalesce(previous_category, '') != 'done' then entered
            end
        ) as first_done,
        max(
            case
                when category = 'done' and coalesce(previous_category, '') != 'done' then entered
            end
        ) as last_done,
        count(
            case when category = 'done' and coalesce(previous_category, '') != 'done' then 1 end
        ) as completion_count,
        count(
            case
                when category not in ('done', 'cancelled') and previous_category = 'done' then 1
            end
        ) as reopen_count,
        max(case when visits_to_last = 1 then category end) as last_category,
        max(case when visits_to_last = 1 then entered end) as last_entered
    from sequenced
    group by entity_id
),

spans as (
    select
        sequenced.entity_id,
        min(
            case
                when
                    sequenced.category = 'done'
                    and coalesce(sequenced.previous_category, '') != 'done'
                    and sequenced.entered >= milestones.first_active
                    then sequenced.entered
            end
        ) as first_done_after_active,
        sum(
            case
                when
                    sequenced.category in ('active', 'waiting', 'paused')
                    and sequenced.entered >= milestones.first_active
                    and sequenced.exited <= milestones.last_done
                    then sequenced.exited - sequenced.entered
            end
        ) as touch,
        sum(
            case
                when
                    sequenced.category = 'active'
                    and sequenced.entered >= milestones.first_active
                    and sequenced.exited <= milestones.last_done
                    then sequenced.exited - sequenced.entered
            end
        ) as active,
        sum(
            case
                when
                    sequenced.category not in ('done', 'cancelled')
                    and sequenced.entered >= milestones.first_done
                    and sequenced.exited <= milestones.last_done
                    then sequenced.exited - sequenced.entered
            end
        ) as rework
    from sequenced
    inner join milestones
        on sequenced.entity_id = milestones.entity_id
    group by sequenced.entity_id
),

timed as (
    select
        milestones.*,
        spans.first_done_after_active,
        spans.rework,
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
    inner join spans
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
                then {{ from_epoch_microseconds('timed.last_entered') }}
            when timed.deleted_at is not null
                then greatest(
                    timed.deleted_at, {{ from_epoch_microseconds('timed.last_entered') }}
                )
        end as ended_at
    from timed
    left join working
        on timed.entity_id = working.entity_id
)
{%- endmacro %}
