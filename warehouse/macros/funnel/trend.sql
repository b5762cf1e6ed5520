{#- Cohorts by period of entry (funnel.md 18, 20).

    outcomes   one row per person and step: attempt_id, step_number, entered_microseconds,
               is_closed, is_mature
    periods    period_number, starts_microseconds, ends_microseconds (exclusive)

    People enter the trend when they pass from_step, in the period in which they entered the
    funnel; they convert when they pass to_step. One row per period, also without people. -#}
{% macro funnel_trend(outcomes, periods, from_step, to_step) -%}
with

cohort as (
    select
        attempt_id,
        entered_microseconds,
        is_mature,
        max(case when step_number = {{ to_step }} and is_closed then 1 else 0 end) as is_converted
    from {{ outcomes }}
    where step_number in ({{ from_step }}, {{ to_step }})
    group by attempt_id, entered_microseconds, is_mature
    having max(case when step_number = {{ from_step }} and is_closed then 1 else 0 end) = 1
)

select
    periods.period_number,
    count(cohort.attempt_id) as entered,
    coalesce(sum(cohort.is_converted), 0) as converted,
    coalesce(sum(case when cohort.is_mature then 1 else 0 end), 0) as n_mature,
    coalesce(sum(case when cohort.is_mature then cohort.is_converted else 0 end), 0)
        as converted_mature
from {{ periods }} as periods
left join cohort
    on
        periods.starts_microseconds <= cohort.entered_microseconds
        and periods.ends_microseconds > cohort.entered_microseconds
group by periods.period_number
order by periods.period_number
{%- endmacro %}
