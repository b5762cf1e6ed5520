{#- From one row per attempt to one row per person and step, as funnel_step_statuses wants it.

    kept_attempts  one row per person: event_number_<k>, reached_microseconds_<k> per step
    opens          attempt_id, step_number done at all in the window
    is_unordered   row k is then the k-th step in time that the person did, whichever it is:
                   is_in_order says that there were k, reached_microseconds when; is_matched, event
                   and is_open stay those of the step itself

    Gives `step_progress`: attempt_id, person_id, entered_microseconds, step_number, is_applicable,
    is_optional, is_matched, event_number, is_open, is_in_order, reached_microseconds. -#}
{% macro funnel_step_progress(
    kept_attempts, opens, step_numbers, optional_steps=[], is_unordered=false
) -%}
{% for step in step_numbers -%}
own_progress_{{ step }} as (
    select
        attempt_id,
        person_id,
        entered_microseconds,
        {{ step }} as step_number,
        {{ 'true' if step in optional_steps else 'false' }} as is_optional,
        event_number_{{ step }} as event_number,
        reached_microseconds_{{ step }} as own_microseconds
    from {{ kept_attempts }}
),

{% endfor -%}
own_progress as (
    {%- for step in step_numbers %}
    select * from own_progress_{{ step }}
    {%- if not loop.last %}

    union all
    {% endif %}
    {%- endfor %}
),

{% if is_unordered -%}
ranked_progress as (
    select
        attempt_id,
        own_microseconds,
        row_number() over (
            partition by attempt_id
            order by own_microseconds, step_number
        ) as place
    from own_progress
    where event_number is not null
),

{% endif -%}
step_progress as (
    select
        own_progress.*,
        true as is_applicable,
        own_progress.event_number is not null as is_matched,
        opens.attempt_id is not null as is_open,
        {%- if is_unordered %}
        ranked_progress.attempt_id is not null as is_in_order,
        ranked_progress.own_microseconds as reached_microseconds
        {%- else %}
        own_progress.event_number is not null as is_in_order,
        own_progress.own_microseconds as reached_microseconds
        {%- endif %}
    from own_progress
    left join {{ opens }} as opens
        on
            own_progress.attempt_id = opens.attempt_id
            and own_progress.step_number = opens.step_number
    {%- if is_unordered %}
    left join ranked_progress
        on
            own_progress.attempt_id = ranked_progress.attempt_id
            and own_progress.step_number = ranked_progress.place
    {%- endif %}
)
{%- endmacro %}
