{#- Which steps each person did at all within the window of their one attempt, in whatever order
    (funnel.md 13). No event may serve two steps: see funnel_apart_opens.

    attempts       attempt_id, person_id, entered_microseconds
    events         person_id, event_microseconds and is_step_<k>
    step_numbers   the steps to look at
    are_in_window  whether events holds only those in the window of the one attempt a person can
                   have, whose attempt_id is the person's: then nothing is joined

    Gives `opened_steps`: attempt_id, is_open_<k>; people without any of the steps are not in it. -#}
{% macro funnel_opened_steps(
    attempts, events, step_numbers, window_seconds, tie_seconds, are_in_window=false
) -%}
opened_steps as (
    select
        {{ 'events.person_id as attempt_id' if are_in_window else 'attempts.attempt_id' }}
        {%- for step in step_numbers %},
        max(case when events.is_step_{{ step }} then 1 else 0 end) = 1 as is_open_{{ step }}
        {%- endfor %}
    {%- if are_in_window %}
    from {{ events }} as events
    {%- else %}
    from {{ attempts }} as attempts
    inner join {{ events }} as events
        on
            attempts.person_id = events.person_id
            and attempts.entered_microseconds - {{ (tie_seconds * 1000000) | round | int }}
            <= events.event_microseconds
            and attempts.entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
            >= events.event_microseconds
    {%- endif %}
    where
        {%- for step in step_numbers %}
        {{ 'or ' if not loop.first }}events.is_step_{{ step }}
        {%- endfor %}
    group by {{ 'events.person_id' if are_in_window else 'attempts.attempt_id' }}
)
{%- endmacro %}

{#- The same of many attempts a person, one row per attempt and step.

    step_events    person_id, step_number, event_microseconds
    name           name of the result

    Gives the named common table expression: attempt_id, step_number. Linear in repeats, as
    funnel_match_steps is: a sorted time line, where a join would multiply repeats by attempts. -#}
{% macro funnel_step_opens(
    attempts, step_events, step_numbers, window_seconds, tie_seconds, name='step_opens'
) -%}
{{ name }}_timeline as (
    select
        person_id,
        step_number,
        null as attempt_id,
        1 as is_event,
        event_microseconds as from_microseconds,
        null as entered_microseconds,
        event_microseconds
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
        entered_microseconds,
        null as event_microseconds
    from {{ attempts }}
    {%- endfor %}
),

{{ name }}_candidates as (
    select
        attempt_id,
        step_number,
        is_event,
        entered_microseconds,
        {{ funnel_next_of_step('event_microseconds') }} as candidate_microseconds
    from {{ name }}_timeline
),

{{ name }} as (
    select
        attempt_id,
        step_number
    from {{ name }}_candidates
    where
        is_event = 0
        and candidate_microseconds
        <= entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
)
{%- endmacro %}

{#- As funnel_next, for a time line of several steps. -#}
{% macro funnel_next_of_step(column) -%}
min({{ column }}) over (
            partition by person_id, step_number
            order by from_microseconds desc nulls last, is_event desc nulls last
            rows between unbounded preceding and current row
        )
{%- endmacro %}

{#- The first event of each step in the window of each person's one attempt.

    events         person_id, event_microseconds and is_step_<k>: those in the window
    step_numbers   the steps to look at

    Gives `first_events`: person_id, first_microseconds_<k>. -#}
{% macro funnel_first_events(events, step_numbers) -%}
first_events as (
    select
        person_id
        {%- for step in step_numbers %},
        min(case when is_step_{{ step }} then event_microseconds end)
            as first_microseconds_{{ step }}
        {%- endfor %}
    from {{ events }}
    group by person_id
)
{%- endmacro %}
