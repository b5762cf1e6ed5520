{#- How far each person came, one row per person (funnel.md 13, 19).

    kept_attempts     attempt_id, person_id, entry_event_number, entered_microseconds, is_mature,
                      stop_microseconds and, per step, event_number_<k>, reached_microseconds_<k>
    opens             attempt_id, is_open_<k> of the steps in open_steps; none: kept_attempts has them
    open_steps        steps of which opens tells; whoever entered did the others
    window_end        SQL of the moment at which a person's window ends
    complete_through  the moment up to which the data are complete
    has_stops         whether exclusion events stop people
    all_events        strict order only, events of every kind: person_id, event_microseconds
    is_unordered      reached_microseconds_<k> is then when the person had done k steps, whichever;
                      event_number_<k> stays that of the step itself

    Gives `progress`: attempt_id, person_id, entry_event_number, entered_microseconds, is_mature,
    passed_count (steps passed in order), is_open_<k>, last_open_step, event_number_<k> and
    reached_microseconds_<k> of steps that were passed by doing them, and microseconds_watched.

    A person waits at the first step that progress did not pass, from when the step before it was
    reached: nobody waits at an optional step that was passed over. Watching ends with the window,
    with the data, at the exclusion event that stopped the person or, in strict order, at the next
    event of any kind, which ended progress. microseconds_watched is null for who passed every
    step, and for who was watched for no time. -#}
{% macro funnel_progress(
    kept_attempts, opens, open_steps, step_numbers, optional_steps, window_end, complete_through,
    has_stops=false, all_events=none, tie_seconds=0, is_unordered=false
) -%}
passed_steps as (
    select
        candidates.*,
        {%- for step in step_numbers %}
        {%- if step not in open_steps %}
        true as is_open_{{ step }},
        {%- elif opens %}
        coalesce(opened_steps.is_open_{{ step }}, false) as is_open_{{ step }},
        {%- endif %}
        {%- endfor %}
        {{ funnel_length(
            step_numbers, optional_steps, is_unordered, 'opened_steps' if opens else 'candidates'
        ) }}
            as passed_count
    from {{ kept_attempts }} as candidates
    {%- if opens %}
    left join {{ opens }} as opened_steps
        on candidates.attempt_id = opened_steps.attempt_id
    {%- endif %}
),

reached_steps as (
    select
        attempt_id,
        person_id,
        entry_event_number,
        entered_microseconds,
        is_mature,
        stop_microseconds,
        passed_count,
        {%- for step in step_numbers %}
        is_open_{{ step }},
        {%- endfor %}
        case
            {%- for step in step_numbers | reverse %}
            when is_open_{{ step }} then {{ step }}
            {%- endfor %}
            else 0
        end as last_open_step,
        {%- for step in step_numbers %}
        {%- if is_unordered %}
        event_number_{{ step }},
        {{ funnel_place('reached_microseconds', step_numbers, loop.index) }}
            as reached_microseconds_{{ step }},
        {%- else %}
        case when passed_count >= {{ step }} then event_number_{{ step }} end
            as event_number_{{ step }},
        case when passed_count >= {{ step }} then reached_microseconds_{{ step }} end
            as reached_microseconds_{{ step }},
        {%- endif %}
        {%- endfor %}
        {{ window_end }} as window_ends_microseconds
    from passed_steps
),

came_to_steps as (
    select
        *,
        case
            when passed_count < {{ step_numbers | length }}
                then coalesce(
                    {%- for step in step_numbers | reverse %}
                    reached_microseconds_{{ step }}{{ ',' if not loop.last }}
                    {%- endfor %}
                )
        end as came_microseconds
    from reached_steps
),
{% if all_events %}
next_events as (
    select
        came_to_steps.attempt_id,
        min(all_events.event_microseconds) as next_event_microseconds
    from came_to_steps
    inner join {{ all_events }} as all_events
        on
            came_to_steps.person_id = all_events.person_id
            and came_to_steps.came_microseconds + {{ (tie_seconds * 1000000) | round | int }}
            < all_events.event_microseconds
    group by came_to_steps.attempt_id
),
{% endif %}
watched_steps as (
    select
        came_to_steps.*,
        -- least ignores nulls in some databases
        least(
            window_ends_microseconds,
            {{ complete_through }}
            {%- if has_stops %},
            coalesce(stop_microseconds, {{ complete_through }})
            {%- endif %}
            {%- if all_events %},
            coalesce(next_events.next_event_microseconds, {{ complete_through }})
            {%- endif %}
        )
        - came_microseconds as elapsed_microseconds
    from came_to_steps
    {%- if all_events %}
    left join next_events
        on came_to_steps.attempt_id = next_events.attempt_id
    {%- endif %}
),

progress as (
    select
        attempt_id,
        person_id,
        entry_event_number,
        entered_microseconds,
        is_mature,
        passed_count,
        {%- for step in step_numbers %}
        is_open_{{ step }},
        event_number_{{ step }},
        reached_microseconds_{{ step }},
        {%- endfor %}
        last_open_step,
        case when elapsed_microseconds > 0 then elapsed_microseconds end as microseconds_watched
    from watched_steps
)
{%- endmacro %}

{#- The k-th smallest of a value per step; null where fewer steps have one. -#}
{% macro funnel_place(column, step_numbers, place) -%}
list_sort([
            {%- for step in step_numbers %}
            {{ column }}_{{ step }}{{ ',' if not loop.last }}
            {%- endfor %}
        ], 'asc', 'nulls last')[{{ place }}]
{%- endmacro %}

{#- One row per person and step from one row per person (funnel.md 13, 19).

    progress       `progress` of funnel_progress

    Gives what funnel_step_summary wants, and attempt_id, person_id, entered_microseconds,
    event_number, reached_microseconds (null when not passed by doing it). -#}
{% macro funnel_outcomes(progress, step_numbers, is_unordered=false) -%}
{%- for step in step_numbers %}
select
    attempt_id,
    person_id,
    {{ step }} as step_number,
    entered_microseconds,
    is_mature,
    passed_count >= {{ step }} as is_closed,
    event_number_{{ step }} is not null as is_done,
    is_open_{{ step }} as is_open,
    {{ 'false' if is_unordered else 'last_open_step > ' ~ step ~ ' and not is_open_' ~ step }}
        as is_skipped,
    {{ 'false' if is_unordered else 'last_open_step > ' ~ step }} as has_later,
    event_number_{{ step }} as event_number,
    reached_microseconds_{{ step }} as reached_microseconds,
    {%- if loop.first %}
    cast(null as bigint) as microseconds_from_previous,
    {%- else %}
    reached_microseconds_{{ step }} - coalesce(
        {%- for earlier in step_numbers | reverse if earlier < step %}
        reached_microseconds_{{ earlier }},
        {%- endfor %}
        null
    ) as microseconds_from_previous,
    {%- endif %}
    case when passed_count = {{ step - 1 }} then microseconds_watched end as microseconds_watched
from {{ progress }}
{%- if not loop.last %}

union all
{% endif %}
{%- endfor %}
{%- endmacro %}
