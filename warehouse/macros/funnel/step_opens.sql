{#- Which steps each attempt did at all within its window, in whatever order (funnel.md 13).

    attempts       attempt_id, person_id, entry_event_number, entered_microseconds
    step_events    person_id, step_number, event_number, event_microseconds
    step_numbers   the steps to look at
    entry_may_serve_later
                   whether the entry event could serve one of these steps too; it does not open
                   them: one event serves at most one step (9)
    name           name of the result
    has_one_attempt
                   whether each person has at most one attempt

    Gives the named common table expression: attempt_id, step_number. Linear in repeats, as
    funnel_match_steps is: a join for one attempt per person, else a sorted time line. -#}
{% macro funnel_step_opens(
    attempts, step_events, step_numbers, window_seconds, tie_seconds,
    entry_may_serve_later=true, name='step_opens', has_one_attempt=true
) -%}
{% if has_one_attempt -%}
{{ name }} as (
    select
        attempts.attempt_id,
        step_events.step_number
    from {{ attempts }} as attempts
    inner join {{ step_events }} as step_events
        on
            attempts.person_id = step_events.person_id
            and attempts.entered_microseconds - {{ (tie_seconds * 1000000) | round | int }}
            <= step_events.event_microseconds
            and attempts.entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
            >= step_events.event_microseconds
    where
        step_events.step_number in ({{ step_numbers | join(', ') }})
        {%- if entry_may_serve_later %}
        and attempts.entry_event_number != step_events.event_number
        {%- endif %}
    group by attempts.attempt_id, step_events.step_number
)
{%- else -%}
{{ name }}_timeline as (
    select
        person_id,
        step_number,
        null as attempt_id,
        1 as is_event,
        event_microseconds as from_microseconds,
        null as entry_event_number,
        null as entered_microseconds,
        event_number,
        event_microseconds
        {%- if entry_may_serve_later %},
        lead(event_microseconds) over (
            partition by person_id, step_number
            order by event_number
        ) as next_microseconds
        {%- endif %}
    from {{ step_events }}
    where step_number in ({{ step_numbers | join(', ') }})
    {%- for step in step_numbers %}

    union all

    select
        person_id,
        {{ step }} as step_number,
        attempt_id,
        0 as is_event,
        entered_microseconds - {{ (tie_seconds * 1000000) | round | int }} as from_microseconds,
        entry_event_number,
        entered_microseconds,
        null as event_number,
        null as event_microseconds
        {%- if entry_may_serve_later %},
        null as next_microseconds
        {%- endif %}
    from {{ attempts }}
    {%- endfor %}
),

{{ name }}_candidates as (
    select
        attempt_id,
        step_number,
        is_event,
        entry_event_number,
        entered_microseconds,
        {{ funnel_next_of_step('event_number') }} as candidate_number,
        {{ funnel_next_of_step('event_microseconds') }} as candidate_microseconds
        {%- if entry_may_serve_later %},
        {{ funnel_next_of_step('next_microseconds') }} as spare_microseconds
        {%- endif %}
    from {{ name }}_timeline
),

{{ name }} as (
    select
        attempt_id,
        step_number
    from {{ name }}_candidates
    where
        is_event = 0
        and
        {%- if entry_may_serve_later %}
        case
            when candidate_number = entry_event_number then spare_microseconds
            else candidate_microseconds
        end
        {%- else %}
        candidate_microseconds
        {%- endif %}
        <= entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
)
{%- endif %}
{%- endmacro %}

{#- As funnel_next, for a time line of several steps. -#}
{% macro funnel_next_of_step(column) -%}
min({{ column }}) over (
            partition by person_id, step_number
            order by from_microseconds desc nulls last, is_event desc nulls last
            rows between unbounded preceding and current row
        )
{%- endmacro %}
