{#- Which event serves which step of which attempt (funnel.md 8, 9, 11, 12).

    Takes names of relations and plain values only, so that the same file renders in dbt and in
    plain Jinja. Times are bigint microseconds since 1970.

    attempts      one row per attempt: attempt_id, person_id, entry_event_number,
                  entered_microseconds
    step_events   one row per event and step it may serve: person_id, step_number,
                  event_number (the person's events in their total order), event_microseconds
    step_numbers  the steps after the first, ascending; unordered: all, as they take their events
    order         ordered: other events may lie between; strict: none may, see below; unordered:
                  any time after entry
    shared        step_number -> how many earlier steps the same event could serve
    entry_step    the step that the entry event serves; none: the entry event is matched like any
                  other, and step_numbers holds all the steps
    all_events    strict only, events of every kind: person_id, event_microseconds
    required_steps
                  the first steps, ascending, without which nothing later is wanted: whoever misses
                  one is not followed any further (with one attempt per person)
    has_one_attempt
                  whether each person has at most one attempt
    known_firsts  steps of which attempts has first_microseconds_<k>, the person's first event in
                  the window of their one attempt; only where no event can serve two steps, nothing
                  is strict and event numbers are moments

    Gives common table expressions. `matched_<last step>` has one row per attempt: attempt_id,
    person_id, entered_microseconds and, per step, event_number_<k>, reached_microseconds_<k>; the
    last, `matched_steps`, has one row per attempt and step reached: attempt_id, person_id,
    step_number, event_number, reached_microseconds.

    Strict: an event lies between two steps when it is later than the one and earlier than the
    other by more than the tolerance; what is nearer may have happened on either side.

    With one attempt per person, the next event at or after a moment is the least of the person's
    own; where their first one is known and not too early, it is that. With many, a join would
    multiply repeats by attempts: it is a running minimum over one sorted time line of events and
    attempts. Both are linear in repeats. -#}
{% macro funnel_match_steps(
    attempts, step_events, step_numbers, window_seconds, tie_seconds, order='ordered', shared={},
    entry_step=1, all_events=none, required_steps=[], has_one_attempt=true, known_firsts=[]
) -%}
matched_{{ entry_step or 0 }} as (
    select
        attempt_id,
        person_id,
        entered_microseconds,
        entered_microseconds as progressed_microseconds
        {%- for known in known_firsts %},
        first_microseconds_{{ known }}
        {%- endfor %}
        {%- if entry_step %},
        entry_event_number as event_number_{{ entry_step }},
        entered_microseconds as reached_microseconds_{{ entry_step }}
        {%- endif %}
    from {{ attempts }}
),
{% set used = [entry_step] if entry_step else [] %}
{%- for step in step_numbers %}
{%- set previous = used[-1] if used else 0 %}
{%- set spares = shared.get(step, 0) if used else 0 %}
{%- if has_one_attempt %}
{{ funnel_next_own(
    'matched_' ~ previous, step_events, step, used if spares else [],
    ([none] + required_steps | select('lessthan', step) | list) | last, window_seconds, tie_seconds, order,
    step in known_firsts
) }},

{% else %}
timeline_{{ step }} as (
    {{ funnel_step_timeline(step_events, 'matched_' ~ previous, step, spares, tie_seconds, order) }}
),

candidates_{{ step }} as (
    {{ funnel_candidates('timeline_' ~ step, spares) }}
),

chosen_{{ step }} as (
    select
        matched_{{ previous }}.*,
        {{ funnel_first_unused('number', spares, used, 'matched_' ~ previous, 'candidates_' ~ step) }}
            as chosen_number,
        {{ funnel_first_unused(
            'microseconds', spares, used, 'matched_' ~ previous, 'candidates_' ~ step
        ) }}
            as chosen_microseconds
    from matched_{{ previous }}
    left join candidates_{{ step }}
        on
            matched_{{ previous }}.attempt_id = candidates_{{ step }}.attempt_id
            and candidates_{{ step }}.is_event = 0
),

{% endif %}
{%- if order == 'strict' %}
{{ funnel_next_of_any_kind(
    all_events, 'matched_' ~ previous, step, tie_seconds, has_one_attempt
) }},

{% endif %}
accepted_{{ step }} as (
    select
        chosen_{{ step }}.*,
        {{ funnel_is_accepted(window_seconds, tie_seconds, order) }} as is_accepted
    from chosen_{{ step }}
    {%- if order == 'strict' %}
    left join next_events_{{ step }}
        on
            chosen_{{ step }}.attempt_id = next_events_{{ step }}.attempt_id
            {%- if not has_one_attempt %}
            and next_events_{{ step }}.is_event = 0
            {%- endif %}
    {%- endif %}
),

matched_{{ step }} as (
    select
        attempt_id,
        person_id,
        entered_microseconds,
        case
            when is_accepted then greatest(progressed_microseconds, chosen_microseconds)
            else progressed_microseconds
        end as progressed_microseconds,
        {%- for known in known_firsts %}
        first_microseconds_{{ known }},
        {%- endfor %}
        {%- for earlier in used %}
        event_number_{{ earlier }},
        reached_microseconds_{{ earlier }},
        {%- endfor %}
        case when is_accepted then chosen_number end as event_number_{{ step }},
        case
            when is_accepted
                then greatest(
                    {{ 'entered' if order == 'unordered' else 'progressed' }}_microseconds,
                    chosen_microseconds
                )
        end as reached_microseconds_{{ step }}
    from accepted_{{ step }}
),
{% set _ = used.append(step) %}
{%- endfor %}
matched_steps as (
    {%- for step in used %}
    select
        attempt_id,
        person_id,
        {{ step }} as step_number,
        event_number_{{ step }} as event_number,
        reached_microseconds_{{ step }} as reached_microseconds
    from matched_{{ used[-1] }}
    where event_number_{{ step }} is not null
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
)
{%- endmacro %}

{#- The first event of one step that each person's one attempt may use.

    used            earlier steps whose events are taken
    required        the step without which the attempt is not followed, if any
    has_known_first whether the person's first event of the step is known: then events are looked
                    through only for those who did the step too early and perhaps again -#}
{% macro funnel_next_own(
    attempts, step_events, step, used, required, window_seconds, tie_seconds, order,
    has_known_first=false
) -%}
{%- set tie_microseconds = (tie_seconds * 1000000) | round | int -%}
candidates_{{ step }} as (
    select
        attempts.attempt_id,
        min(step_events.event_number) as chosen_number,
        min(step_events.event_microseconds) as chosen_microseconds
    from {{ attempts }} as attempts
    inner join {{ step_events }} as step_events
        on
            attempts.person_id = step_events.person_id
            and attempts.{{ 'entered' if order == 'unordered' else 'progressed' }}_microseconds
            - {{ tie_microseconds }} <= step_events.event_microseconds
            and attempts.entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
            >= step_events.event_microseconds
    where
        step_events.step_number = {{ step }}
        {%- if has_known_first %}
        and attempts.first_microseconds_{{ step }}
        < attempts.progressed_microseconds - {{ tie_microseconds }}
        {%- endif %}
        {%- if required %}
        and attempts.event_number_{{ required }} is not null
        {%- endif %}
        {%- for earlier in used %}
        and coalesce(attempts.event_number_{{ earlier }}, -1) != step_events.event_number
        {%- endfor %}
    group by attempts.attempt_id
),

chosen_{{ step }} as (
    select
        {{ attempts }}.*,
        {%- if has_known_first %}
        {{ funnel_first_in_time('number', attempts, step, required, tie_microseconds) }}
            as chosen_number,
        {{ funnel_first_in_time('microseconds', attempts, step, required, tie_microseconds) }}
            as chosen_microseconds
        {%- else %}
        candidates_{{ step }}.chosen_number,
        candidates_{{ step }}.chosen_microseconds
        {%- endif %}
    from {{ attempts }}
    left join candidates_{{ step }}
        on {{ attempts }}.attempt_id = candidates_{{ step }}.attempt_id
)
{%- endmacro %}

{#- The first event of a step, unless that was too early: then the first that was not. -#}
{% macro funnel_first_in_time(part, attempts, step, required, tie_microseconds) -%}
case
            {%- if required %}
            when {{ attempts }}.event_number_{{ required }} is null then null
            {%- endif %}
            when
                {{ attempts }}.first_microseconds_{{ step }}
                >= {{ attempts }}.progressed_microseconds - {{ tie_microseconds }}
                then {{ attempts }}.first_microseconds_{{ step }}
            else candidates_{{ step }}.chosen_{{ part }}
        end
{%- endmacro %}

{#- Events of one step and, at the moment from which each attempt may use them, the attempts. -#}
{% macro funnel_step_timeline(step_events, attempts, step, spares, tie_seconds, order) -%}
select
        person_id,
        null as attempt_id,
        1 as is_event,
        event_microseconds as from_microseconds,
        event_number,
        event_microseconds
        {%- for spare in range(1, spares + 1) %},
        lead(event_number, {{ spare }}) over (
            partition by person_id
            order by event_number
        ) as next_number_{{ spare }},
        lead(event_microseconds, {{ spare }}) over (
            partition by person_id
            order by event_number
        ) as next_microseconds_{{ spare }}
        {%- endfor %}
    from {{ step_events }}
    where step_number = {{ step }}

    union all

    select
        person_id,
        attempt_id,
        0 as is_event,
        {{ 'entered' if order == 'unordered' else 'progressed' }}_microseconds
        - {{ (tie_seconds * 1000000) | round | int }} as from_microseconds,
        null as event_number,
        null as event_microseconds
        {%- for spare in range(1, spares + 1) %},
        null as next_number_{{ spare }},
        null as next_microseconds_{{ spare }}
        {%- endfor %}
    from {{ attempts }}
{%- endmacro %}

{#- On each row of a timeline the events that follow: the next, and as many more as may be taken. -#}
{% macro funnel_candidates(timeline, spares) -%}
select
        attempt_id,
        is_event,
        {{ funnel_next('event_number') }} as candidate_number_0,
        {{ funnel_next('event_microseconds') }} as candidate_microseconds_0
        {%- for spare in range(1, spares + 1) %},
        {{ funnel_next('next_number_' ~ spare) }} as candidate_number_{{ spare }},
        {{ funnel_next('next_microseconds_' ~ spare) }} as candidate_microseconds_{{ spare }}
        {%- endfor %}
    from {{ timeline }}
{%- endmacro %}

{#- The smallest value at or after this row's moment: of a column that rises with time, the next. -#}
{% macro funnel_next(column) -%}
min({{ column }}) over (
            partition by person_id
            order by from_microseconds desc nulls last, is_event desc nulls last
            rows between unbounded preceding and current row
        )
{%- endmacro %}

{#- The first candidate that none of the `used` steps has taken; one event serves at most one step. -#}
{% macro funnel_first_unused(part, spares, used, attempts, candidates) -%}
{%- if spares == 0 -%}
{{ candidates }}.candidate_{{ part }}_0
{%- else -%}
case
            {%- for spare in range(spares + 1) %}
            when
                {%- for earlier in used %}
                {{ 'and ' if not loop.first }}{{ candidates }}.candidate_number_{{ spare }}
                != coalesce({{ attempts }}.event_number_{{ earlier }}, -1)
                {%- endfor %}
                then {{ candidates }}.candidate_{{ part }}_{{ spare }}
            {%- endfor %}
        end
{%- endif -%}
{%- endmacro %}

{#- Strict order: the next event of any kind that is later than the progress by more than the
    tolerance. -#}
{% macro funnel_next_of_any_kind(all_events, attempts, step, tie_seconds, has_one_attempt) -%}
{% if has_one_attempt -%}
next_events_{{ step }} as (
    select
        attempts.attempt_id,
        min(all_events.event_microseconds) as next_event_microseconds
    from {{ attempts }} as attempts
    inner join {{ all_events }} as all_events
        on
            attempts.person_id = all_events.person_id
            and attempts.progressed_microseconds + {{ (tie_seconds * 1000000) | round | int }}
            < all_events.event_microseconds
    group by attempts.attempt_id
)
{%- else -%}
other_timeline_{{ step }} as (
    select
        person_id,
        null as attempt_id,
        1 as is_event,
        event_microseconds as from_microseconds,
        event_microseconds
    from {{ all_events }}

    union all

    select
        person_id,
        attempt_id,
        0 as is_event,
        progressed_microseconds + {{ (tie_seconds * 1000000) | round | int + 1 }}
            as from_microseconds,
        null as event_microseconds
    from {{ attempts }}
),

next_events_{{ step }} as (
    select
        attempt_id,
        is_event,
        {{ funnel_next('event_microseconds') }} as next_event_microseconds
    from other_timeline_{{ step }}
)
{%- endif %}
{%- endmacro %}

{#- Whether the chosen event counts: inside the window (end inclusive) and, in strict order, with
    no other event between the progress and it. -#}
{% macro funnel_is_accepted(window_seconds, tie_seconds, order) -%}
coalesce(
            -- greatest ignores nulls in some databases
            chosen_microseconds is not null
            and greatest(
                {{ 'entered' if order == 'unordered' else 'progressed' }}_microseconds,
                chosen_microseconds
            )
            <= entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
            {%- if order == 'strict' %}
            and coalesce(next_event_microseconds, chosen_microseconds)
            >= chosen_microseconds - {{ (tie_seconds * 1000000) | round | int }}
            {%- endif %},
            false
        )
{%- endmacro %}
