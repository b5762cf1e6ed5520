{#- The numbers of each step, in all or by group (funnel.md 13, 16, 19).

    outcomes    one row per person and step: step_number, is_closed, is_done, is_open, is_skipped,
                has_later, is_mature, microseconds_from_previous (null when not done),
                microseconds_watched (of those who stopped there or are still on it)
    groups      columns to group by besides the step

    Percentiles interpolate linearly between order statistics (type 7). The censored median is the
    least time by which half of all who came had done the step, by the product-limit estimate
    (Kaplan and Meier 1958); null where fewer than half had. At equal times doing comes before
    being last seen. -#}
{% macro funnel_step_summary(outcomes, groups=[]) -%}
with

stays as (
    select
        {%- for group in groups %}
        {{ group }},
        {%- endfor %}
        step_number,
        coalesce(microseconds_from_previous, microseconds_watched) as microseconds,
        microseconds_from_previous is not null as is_over
    from {{ outcomes }}
    where microseconds_from_previous is not null or microseconds_watched is not null
),

-- stays of equal length and end are interchangeable: the order is total
ranked_stays as (
    select
        *,
        count(*) over ({{ funnel_same_step(groups) }}) - row_number() over (
            {{ funnel_same_step(groups) }}
            order by microseconds, case when is_over then 0 else 1 end
        ) as longer_count
    from stays
),

-- With nobody censored the share still there is that of longer stays, exactly; each stay that was
-- only watched so far hands its weight to the longer ones.
surviving_stays as (
    select
        *,
        longer_count * exp(sum(
            case
                when not is_over and longer_count > 0
                    then ln(longer_count + 1) - ln(longer_count)
                else 0
            end
        ) over (
            {{ funnel_same_step(groups) }}
            order by longer_count desc
            rows between unbounded preceding and current row
        ))
        / count(*) over ({{ funnel_same_step(groups) }}) as survival
    from ranked_stays
),

stay_summary as (
    select
        {%- for group in groups %}
        {{ group }},
        {%- endfor %}
        step_number,
        count(*) as came,
        min(case when is_over and survival <= 0.5 + 1e-9 then microseconds end)
            as censored_median_microseconds
    from surviving_stays
    group by {% for group in groups %}{{ group }}, {% endfor %}step_number
),

step_summary as (
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
        percentile_cont(0.5) within group (order by microseconds_from_previous)
            as median_microseconds,
        percentile_cont(0.9) within group (order by microseconds_from_previous)
            as p90_microseconds
    from {{ outcomes }}
    group by {% for group in groups %}{{ group }}, {% endfor %}step_number
)

select
    step_summary.*,
    coalesce(stay_summary.came, 0) as n_came,
    stay_summary.censored_median_microseconds
from step_summary
left join stay_summary
    on
        step_summary.step_number = stay_summary.step_number
        {%- for group in groups %}
        and step_summary.{{ group }} is not distinct from stay_summary.{{ group }}
        {%- endfor %}
order by {% for group in groups %}step_summary.{{ group }} nulls last, {% endfor %}step_summary.step_number
{%- endmacro %}

{% macro funnel_same_step(groups) -%}
partition by {% for group in groups %}{{ group }}, {% endfor %}step_number
{%- endmacro %}
