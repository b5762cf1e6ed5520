{#- Exclusion events between two steps (funnel.md 15).

    matched            one row per attempt, `matched_<last step>` of funnel_match_steps
    exclusion_events   person_id, exclusion_number, event_microseconds
    exclusions         list of {number, from_step, to_step, mode}; mode: stop, remove_person
    optional_steps     numbers of the steps that may be passed over
    is_unordered       the whole funnel is then between entry and the last of all its steps
    open_steps         steps of which `matched` has is_open_<k>, which exclusions leave as it is
    opens              attempt_id, is_open_<k> of the optional steps; none: `matched` has them

    An exclusion event counts when it is certainly between: later than the one step and earlier
    than the other by more than the tolerance; or, when the other was not reached, in the window.
    The person must have come as far as from_step: done it, or passed it over where it is optional.

    Gives common table expressions; the last, `bounded_attempts`, is `matched` with the steps after
    a stop set to null, is_stopped, stop_microseconds and is_removed. -#}
{% macro funnel_exclusions(
    matched, exclusion_events, exclusions, step_numbers, optional_steps, window_seconds,
    tie_seconds, is_unordered=false, open_steps=[], opens=none
) -%}
{% set tie = (tie_seconds * 1000000) | round | int -%}
advanced_attempts as (
    select
        candidates.*,
        {{ funnel_length(step_numbers, optional_steps, is_unordered, opens or 'candidates') }}
            as progress_count
    from {{ matched }} as candidates
    {%- if opens %}
    left join {{ opens }}
        on candidates.attempt_id = {{ opens }}.attempt_id
    {%- endif %}
),

excludable as (
    select
        *
        {%- for exclusion in exclusions %},
        {{ funnel_exclusion_start(exclusion, is_unordered) }}
            as starts_microseconds_{{ exclusion.number }},
        {{ funnel_exclusion_end(exclusion, step_numbers, optional_steps, is_unordered) }}
            as ends_microseconds_{{ exclusion.number }}
        {%- endfor %}
    from advanced_attempts
),
{% for exclusion in exclusions %}
exclusion_timeline_{{ exclusion.number }} as (
    select
        person_id,
        null as attempt_id,
        1 as is_event,
        event_microseconds as from_microseconds,
        event_microseconds
    from {{ exclusion_events }}
    where exclusion_number = {{ exclusion.number }}

    union all

    select
        person_id,
        attempt_id,
        0 as is_event,
        starts_microseconds_{{ exclusion.number }} + {{ tie + 1 }} as from_microseconds,
        null as event_microseconds
    from excludable
    where starts_microseconds_{{ exclusion.number }} is not null
),

next_exclusions_{{ exclusion.number }} as (
    select
        attempt_id,
        is_event,
        {{ funnel_next('event_microseconds') }} as event_microseconds
    from exclusion_timeline_{{ exclusion.number }}
),

hits_{{ exclusion.number }} as (
    select
        excludable.attempt_id,
        next_exclusions_{{ exclusion.number }}.event_microseconds
    from excludable
    inner join next_exclusions_{{ exclusion.number }}
        on
            excludable.attempt_id = next_exclusions_{{ exclusion.number }}.attempt_id
            and next_exclusions_{{ exclusion.number }}.is_event = 0
    where
        next_exclusions_{{ exclusion.number }}.event_microseconds
        <= excludable.entered_microseconds + {{ (window_seconds * 1000000) | round | int }}
        and (
            excludable.ends_microseconds_{{ exclusion.number }} is null
            or next_exclusions_{{ exclusion.number }}.event_microseconds
            < excludable.ends_microseconds_{{ exclusion.number }} - {{ tie }}
        )
),
{% endfor %}
hits as (
    {%- for exclusion in exclusions %}
    select
        attempt_id,
        {{ 'event_microseconds' if exclusion.mode == 'stop' else 'null' }} as stop_microseconds,
        {{ 1 if exclusion.mode == 'remove_person' else 0 }} as is_removal
    from hits_{{ exclusion.number }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

bounds as (
    select
        attempt_id,
        min(stop_microseconds) as stop_microseconds,
        max(is_removal) as is_removal
    from hits
    group by attempt_id
),

bounded_attempts as (
    select
        excludable.attempt_id,
        excludable.person_id,
        excludable.entered_microseconds,
        bounds.stop_microseconds is not null as is_stopped,
        bounds.stop_microseconds,
        coalesce(bounds.is_removal, 0) = 1 as is_removed
        {%- for step in step_numbers %},
        {{ funnel_before_stop('event_number', step, tie) }} as event_number_{{ step }},
        {{ funnel_before_stop('reached_microseconds', step, tie) }}
            as reached_microseconds_{{ step }}
        {%- endfor %}
        {%- for step in open_steps %},
        excludable.is_open_{{ step }}
        {%- endfor %}
    from excludable
    left join bounds
        on excludable.attempt_id = bounds.attempt_id
)
{%- endmacro %}

{#- When the person had come as far as from_step; null when they had not. -#}
{% macro funnel_exclusion_start(exclusion, is_unordered) -%}
{%- if is_unordered -%}
entered_microseconds
{%- else -%}
case
            when progress_count >= {{ exclusion.from_step }}
                then coalesce(
                    {%- for step in range(exclusion.from_step, 0, -1) %}
                    reached_microseconds_{{ step }}{{ ',' if not loop.last }}
                    {%- endfor %}{{ ', null' if exclusion.from_step == 1 }}
                )
        end
{%- endif -%}
{%- endmacro %}

{#- When to_step was reached, or the first step after it where it is optional; null: never. Whoever
    missed a step on the way has not come there, though a later event may look like it. -#}
{% macro funnel_exclusion_end(exclusion, step_numbers, optional_steps, is_unordered) -%}
{%- if is_unordered -%}
case
            when progress_count = {{ step_numbers | length }}
                then greatest(
                    {%- for step in step_numbers %}
                    reached_microseconds_{{ step }}{{ ',' if not loop.last }}
                    {%- endfor %}
                )
        end
{%- else -%}
{%- set ends = [exclusion.to_step] -%}
{%- for step in step_numbers if step > exclusion.to_step and step - 1 in optional_steps and ends[-1] == step - 1 -%}
{%- set _ = ends.append(step) -%}
{%- endfor -%}
case
            when progress_count >= {{ exclusion.to_step }}
                then coalesce(
                    {%- for step in ends %}
                    reached_microseconds_{{ step }},
                    {%- endfor %}
                    null
                )
        end
{%- endif -%}
{%- endmacro %}

{#- Whether each of the steps was reached that may not be passed over. -#}
{% macro funnel_all_reached(steps, optional_steps) -%}
{%- for step in steps if step not in optional_steps -%}
{{ '
                and ' if not loop.first }}reached_microseconds_{{ step }} is not null
{%- endfor -%}
{%- endmacro %}

{#- What was reached no later than the stop, give or take the tolerance. -#}
{% macro funnel_before_stop(column, step, tie) -%}
case
            when
                bounds.stop_microseconds is null
                or excludable.reached_microseconds_{{ step }} <= bounds.stop_microseconds + {{ tie }}
                then excludable.{{ column }}_{{ step }}
        end
{%- endmacro %}
