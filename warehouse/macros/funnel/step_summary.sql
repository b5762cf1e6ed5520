{#- The numbers of each step, in all or by group (funnel.md 13, 16, 19).

    outcomes    one row per person and step: step_number, is_closed, is_done, is_open, is_skipped,
                has_later, is_mature, microseconds_from_previous (null when not done)
    groups      columns to group by besides the step

    Percentiles interpolate linearly between order statistics (type 7). -#}
{% macro funnel_step_summary(outcomes, groups=[]) -%}
select
    {%- for group in groups %}
    {{ group }},
    {%- endfor %}
    step_number,
    sum(case when is_closed then 1 else 0 end) as closed,
    sum(case when is_done then 1 else 0 end) as done,
    sum(case when is_open then 1 else 0 end) as open,
    sum(case when is_skipped then 1 else 0 end) as skipped,
    sum(case when has_later then 1 else 0 end) as reached_later,
    sum(case when is_closed and is_mature then 1 else 0 end) as closed_mature,
    count(microseconds_from_previous) as n_times,
    avg(microseconds_from_previous) as mean_microseconds,
    percentile_cont(0.5) within group (order by microseconds_from_previous) as median_microseconds,
    percentile_cont(0.9) within group (order by microseconds_from_previous) as p90_microseconds
from {{ outcomes }}
group by {% for group in groups %}{{ group }}, {% endfor %}step_number
order by {% for group in groups %}{{ group }} nulls last, {% endfor %}step_number
{%- endmacro %}
