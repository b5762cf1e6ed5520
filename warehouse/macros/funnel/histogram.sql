{#- Microseconds from one step to another, of those who did both in order (funnel.md 19).

    outcomes   one row per person and step: attempt_id, step_number, reached_microseconds (null
               when not done in order)

    Gives `durations`: microseconds. -#}
{% macro funnel_durations(outcomes, from_step, to_step) -%}
durations as (
    select later.reached_microseconds - earlier.reached_microseconds as microseconds
    from {{ outcomes }} as earlier
    inner join {{ outcomes }} as later
        on earlier.attempt_id = later.attempt_id
    where
        earlier.step_number = {{ from_step }}
        and later.step_number = {{ to_step }}
        and earlier.reached_microseconds is not null
        and later.reached_microseconds is not null
)
{%- endmacro %}

{#- People per bin of equal width, whole microseconds; the longest time falls into the last bin.

    durations   microseconds
    low, width  start of the first bin, and width of each
    bins        how many -#}
{% macro funnel_histogram(durations, low, width, bins) -%}
select
    least(cast(floor((microseconds - {{ low }}) / {{ width }}) as bigint), {{ bins - 1 }})
        as bin_number,
    count(*) as person_count
from {{ durations }}
group by bin_number
order by bin_number
{%- endmacro %}
