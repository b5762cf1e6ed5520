{#- The group of each person by a property of their events (funnel.md 21).

    people      one row per person: attempt_id, person_id, entry_event_number
    outcomes    one row per person and step: attempt_id, person_id, step_number, is_done,
                event_number
    values      the property: person_id, event_number, value (null: the event has none)
    at          entry: of the event that entered; first_touch, last_touch: of the first and the
                last event on the way that has it; step: of the event that did that step
    step        for at = step

    Gives `segments`: attempt_id, segment, is_reached (false: they did not do the step). -#}
{% macro funnel_segments(people, outcomes, values, at='entry', step=none) -%}
{% if at == 'entry' -%}
segments as (
    select
        people.attempt_id,
        touched.value as segment,
        true as is_reached
    from {{ people }} as people
    left join {{ values }} as touched
        on
            people.person_id = touched.person_id
            and people.entry_event_number = touched.event_number
)
{%- elif at == 'step' -%}
segments as (
    select
        outcomes.attempt_id,
        case when outcomes.is_done then touched.value end as segment,
        outcomes.is_done as is_reached
    from {{ outcomes }} as outcomes
    left join {{ values }} as touched
        on
            outcomes.person_id = touched.person_id
            and outcomes.event_number = touched.event_number
    where outcomes.step_number = {{ step }}
)
{%- else -%}
touches as (
    select
        outcomes.attempt_id,
        touched.value,
        row_number() over (
            partition by outcomes.attempt_id
            order by
                case when touched.value is null then 1 else 0 end,
                touched.event_number {{ 'desc' if at == 'last_touch' }} nulls last,
                outcomes.step_number
        ) as touch_rank
    from {{ outcomes }} as outcomes
    left join {{ values }} as touched
        on
            outcomes.person_id = touched.person_id
            and outcomes.event_number = touched.event_number
            and outcomes.is_done
),

segments as (
    select
        attempt_id,
        value as segment,
        true as is_reached
    from touches
    where touch_rank = 1
)
{%- endif %}
{%- endmacro %}
