{#- Status and progress of each person and step (funnel.md 13).

    steps   one row per person and step: the person column, step_number, is_applicable,
            is_optional, is_in_order, is_open, reached_microseconds, and any other column

    Gives common table expressions; the last, `step_statuses`, adds
    status      done (did it in the window), skipped (did not, but did a later one),
                not_applicable, not_reached
    is_closed   progress passed the step in order; never rises along the steps
    previous_reached_microseconds   when the previous step in order was reached -#}
{% macro funnel_step_statuses(steps, person) -%}
steps_ahead as (
    select
        *,
        coalesce(
            max(case when is_applicable and is_open then step_number end)
                over (partition by {{ person }})
            > step_number,
            false
        ) as has_later_open,
        coalesce(
            max(case when is_applicable and is_in_order then step_number end)
                over (partition by {{ person }})
            > step_number,
            false
        ) as has_later_in_order,
        max(reached_microseconds) over (
            partition by {{ person }} order by step_number
            rows between unbounded preceding and 1 preceding
        ) as previous_reached_microseconds
    from {{ steps }}
),

step_statuses as (
    select
        *,
        case
            when not is_applicable then 'not_applicable'
            when is_open then 'done'
            when has_later_open then 'skipped'
            else 'not_reached'
        end as status,
        coalesce(
            min(
                case
                    when
                        not (
                            is_in_order
                            or not is_applicable
                            or (is_optional and not is_open and has_later_in_order)
                        )
                        then step_number
                end
            ) over (partition by {{ person }})
            > step_number,
            true
        ) as is_closed
    from steps_ahead
)
{%- endmacro %}
