{#- Which steps each attempt did at all within its window, in whatever order, where one event could
    serve several of them (funnel.md 9, 13): one event serves at most one step.

    attempts        `matched_<last step>` of funnel_match_steps: attempt_id, person_id,
                    entered_microseconds and, per step, event_number_<k>, reached_microseconds_<k>
    step_events     person_id, step_number, event_number, event_microseconds
    step_numbers    all the steps
    optional_steps  those that may be passed over
    sharing         step_number -> the other steps that the same event could serve
    is_unordered    each step has then taken its event wherever it came

    Gives common table expressions; the last, `opened_attempts`, is `attempts` with is_open_<k>; in
    order, of the steps after the first.

    Steps on the way have their events, up to the first that was missed and may not be passed over.
    Each other step takes, one after the other, the earliest in the window that no step has.
    Linear in repeats, as funnel_match_steps is with many attempts. -#}
{% macro funnel_apart_opens(
    attempts, step_events, step_numbers, optional_steps, sharing, window_seconds, tie_seconds,
    is_unordered=false
) -%}
{% if is_unordered -%}
opened_attempts as (
    select
        *
        {%- for step in step_numbers %},
        event_number_{{ step }} is not null as is_open_{{ step }}
        {%- endfor %}
    from {{ attempts }}
)
{%- else -%}
apart_{{ step_numbers[0] }} as (
    select
        attempt_id,
        person_id,
        entered_microseconds
        {%- for step in step_numbers %},
        {%- if loop.first %}
        event_number_{{ step }}
        {%- else %}
        case
            when
                {{ funnel_all_reached(step_numbers[:loop.index0], optional_steps) }}
                then event_number_{{ step }}
        end as event_number_{{ step }}
        {%- endif %}
        {%- endfor %}
    from {{ attempts }}
),
{% for step in step_numbers[1:] %}
{%- set previous = 'apart_' ~ step_numbers[loop.index0] %}
{%- set spares = sharing[step] | length %}
apart_timeline_{{ step }} as (
    {{ funnel_step_timeline(step_events, previous, step, spares, tie_seconds, 'unordered') }}
),

apart_candidates_{{ step }} as (
    {{ funnel_candidates('apart_timeline_' ~ step, spares) }}
),

apart_{{ step }} as (
    select
        {{ previous }}.attempt_id,
        {{ previous }}.person_id,
        {{ previous }}.entered_microseconds
        {%- for other in step_numbers %},
        {%- if other == step %}
        coalesce(
            {{ previous }}.event_number_{{ step }},
            case
                when
                    {{ funnel_first_unused(
                        'microseconds', spares, sharing[step], previous, 'apart_candidates_' ~ step
                    ) }}
                    <= {{ previous }}.entered_microseconds
                    + {{ (window_seconds * 1000000) | round | int }}
                    then {{ funnel_first_unused(
                        'number', spares, sharing[step], previous, 'apart_candidates_' ~ step
                    ) }}
            end
        ) as event_number_{{ step }}
        {%- else %}
        {{ previous }}.event_number_{{ other }}
        {%- endif %}
        {%- endfor %}
    from {{ previous }}
    left join apart_candidates_{{ step }}
        on
            {{ previous }}.attempt_id = apart_candidates_{{ step }}.attempt_id
            and apart_candidates_{{ step }}.is_event = 0
),
{% endfor %}
opened_attempts as (
    select
        candidates.*
        {%- for step in step_numbers[1:] %},
        apart_{{ step_numbers[-1] }}.event_number_{{ step }} is not null as is_open_{{ step }}
        {%- endfor %}
    from {{ attempts }} as candidates
    inner join apart_{{ step_numbers[-1] }}
        on candidates.attempt_id = apart_{{ step_numbers[-1] }}.attempt_id
)
{%- endif %}
{%- endmacro %}
