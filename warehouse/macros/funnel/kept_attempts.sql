{#- The one attempt that stands for each person: the longest, then the earliest (funnel.md 12).

    attempts       one row per attempt: attempt_id, person_id, entered_microseconds and, per step,
                   event_number_<k>, reached_microseconds_<k>
    step_numbers   all the steps
    opens          attempt_id, is_open_<k> of the optional steps; needed only where there are some;
                   none: attempts has is_open_<k> of them
    is_unordered   the longest is then the one with the most steps

    Length is the number of steps passed in a row: done in order, or optional and passed over on
    the way to a later step.

    Gives `kept_attempts`: the columns of `attempts`. -#}
{% macro funnel_kept_attempts(
    attempts, step_numbers, optional_steps=[], opens='opened_optionals', is_unordered=false
) -%}
measured_attempts as (
    select
        candidates.*,
        {{ funnel_length(
            step_numbers, optional_steps, is_unordered, opens or 'candidates'
        ) }}
            as step_count
    from {{ attempts }} as candidates
    {%- if optional_steps and opens %}
    left join {{ opens }}
        on candidates.attempt_id = {{ opens }}.attempt_id
    {%- endif %}
),

ranked_attempts as (
    select
        *,
        row_number() over (
            partition by person_id
            order by step_count desc nulls last, attempt_id
        ) as attempt_rank
    from measured_attempts
),

kept_attempts as (
    select * from ranked_attempts
    where attempt_rank = 1
)
{%- endmacro %}

{#- How many steps were passed in a row; in any order, how many were done.

    opens   alias of the relation with is_open_<k> of the optional steps; candidates is that of the
            attempts -#}
{% macro funnel_length(step_numbers, optional_steps, is_unordered, opens) -%}
{%- if is_unordered -%}
{%- for step in step_numbers %}
        {{ '+ ' if not loop.first }}case when candidates.event_number_{{ step }} is not null then 1 else 0 end
{%- endfor -%}
{%- else -%}
case
            {%- for step in step_numbers %}
            when
                candidates.event_number_{{ step }} is null
                {%- if step in optional_steps %}
                and (
                    coalesce({{ opens }}.is_open_{{ step }}, false)
                    {%- if not loop.last %}
                    or (
                        {%- for later in step_numbers if later > step %}
                        {{ 'and ' if not loop.first }}candidates.event_number_{{ later }} is null
                        {%- endfor %}
                    )
                    {%- else %}
                    or true
                    {%- endif %}
                )
                {%- endif %}
                then {{ loop.index0 }}
            {%- endfor %}
            else {{ step_numbers | length }}
        end
{%- endif -%}
{%- endmacro %}

{#- Which optional steps each attempt did at all.

    opens   attempt_id, step_number of those that were done

    Gives `opened_optionals`: attempt_id, is_open_<k>; attempts without any are not in it. -#}
{% macro funnel_opened_optionals(opens, optional_steps) -%}
opened_optionals as (
    select
        attempt_id
        {%- for step in optional_steps %},
        max(case when step_number = {{ step }} then 1 else 0 end) = 1 as is_open_{{ step }}
        {%- endfor %}
    from {{ opens }}
    group by attempt_id
)
{%- endmacro %}
