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

-- One number tells a stay's length and whether it is over, in the order in which stays end; one
-- is sorted faster than two. Stays alike in both are interchangeable: the order is total.
stays as (
    select
        {%- for group in groups %}
        {{ group }},
        {%- endfor %}
        step_number,
        coalesce(2 * microseconds_from_previous, 2 * microseconds_watched + 1) as stay
    from {{ outcomes }}
    where microseconds_from_previous is not null or microseconds_watched is not null
),

-- The share still there is never below that of longer stays, nor above that of stays not seen to
-- end by then: the median lies between these two, and what is longer need not be sorted.
stay_bounds as (
    select
        {%- for group in groups %}
        {{ group }},
        {%- endfor %}
        step_number,
        count(*) as came,
        percentile_disc(0.5) within group (order by stay) as least_stay,
        percentile_disc(0.5) within group (
            order by case when mod(stay, 2) = 0 then stay else {{ 2 ** 63 - 1 }} end
        ) as most_stay
    from stays
    group by {% for group in groups %}{{ group }}, {% endfor %}step_number
),

ranked_stays as (
    select
        stays.*,
        row_number() over (
            {{ funnel_same_step(groups, 'stays.') }}
            order by stays.stay
        ) as place
    from stays
    inner join stay_bounds
        on {{ funnel_is_same_step(groups, 'stays', 'stay_bounds') }}
    where stays.stay <= stay_bounds.most_stay
),

followed_stays as (
    select
        ranked_stays.*,
        mod(ranked_stays.stay, 2) = 0 as is_over,
        stay_bounds.came,
        stay_bounds.came - ranked_stays.place as longer_count
    from ranked_stays
    inner join stay_bounds
        on {{ funnel_is_same_step(groups, 'ranked_stays', 'stay_bounds') }}
    where mod(ranked_stays.stay, 2) = 1 or ranked_stays.stay >= stay_bounds.least_stay
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
        / came as survival
    from followed_stays
),

censored_medians as (
    select
        {%- for group in groups %}
        {{ group }},
        {%- endfor %}
        step_number,
        min(stay) / 2 as censored_median_microseconds
    from surviving_stays
    where is_over and survival <= 0.5 + 1e-9
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
    coalesce(stay_bounds.came, 0) as n_came,
    censored_medians.censored_median_microseconds
from step_summary
left join stay_bounds
    on {{ funnel_is_same_step(groups, 'step_summary', 'stay_bounds') }}
left join censored_medians
    on {{ funnel_is_same_step(groups, 'step_summary', 'censored_medians') }}
order by {% for group in groups %}step_summary.{{ group }} nulls last, {% endfor %}step_summary.step_number
{%- endmacro %}

{% macro funnel_same_step(groups, table='') -%}
partition by {% for group in groups %}{{ table }}{{ group }}, {% endfor %}{{ table }}step_number
{%- endmacro %}

{% macro funnel_is_same_step(groups, one, other) -%}
{{ one }}.step_number = {{ other }}.step_number
        {%- for group in groups %}
        and {{ one }}.{{ group }} is not distinct from {{ other }}.{{ group }}
        {%- endfor %}
{%- endmacro %}
