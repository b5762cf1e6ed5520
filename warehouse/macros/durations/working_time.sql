{#- Working time between two moments (durations.md, clock `business`): what the site calendar's
    opening hours had run up to at the end, less at the start. Time zone, daylight saving and
    holidays are in the relation `working_hours`.

    spans          relation with `key`, and two bigint microsecond columns, either null

    Gives common table expressions; the last, `working`, has `key` and microseconds. -#}
{% macro working_microseconds(spans, key, from_column, to_column, working_hours) -%}
span_ends as (
    select
        {{ key }},
        -1 as sign,
        {{ from_column }} as at_microseconds
    from {{ spans }}
    where {{ from_column }} is not null and {{ to_column }} is not null

    union all

    select
        {{ key }},
        1 as sign,
        {{ to_column }} as at_microseconds
    from {{ spans }}
    where {{ from_column }} is not null and {{ to_column }} is not null
),

site as (
    select max(time_zone) as time_zone from {{ working_hours }}
),

dated_ends as (
    select
        span_ends.*,
        cast(
            {{ local_time(
                from_epoch_microseconds('span_ends.at_microseconds'), 'site.time_zone'
            ) }} as date
        ) as local_date
    from span_ends
    cross join site
),

-- opening hours of the date up to the moment, on top of all earlier dates
working as (
    select
        dated_ends.{{ key }},
        sum(
            dated_ends.sign * (
                case
                    when working_hours.opening_number = 1 then working_hours.microseconds_before
                    else 0
                end
                + greatest(
                    0,
                    least(
                        dated_ends.at_microseconds - working_hours.opens_microseconds,
                        working_hours.open_microseconds
                    )
                )
            )
        ) as microseconds
    from dated_ends
    inner join {{ working_hours }} as working_hours
        on dated_ends.local_date = working_hours.local_date
    group by dated_ends.{{ key }}
)
{%- endmacro %}
