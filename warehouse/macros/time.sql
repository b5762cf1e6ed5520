{#- Microseconds since 1970-01-01 00:00 UTC, a bigint: durations are differences of these, exact. -#}
{% macro epoch_microseconds(timestamp_expression) -%}
    {{ return(adapter.dispatch('epoch_microseconds')(timestamp_expression)) }}
{%- endmacro %}

{% macro default__epoch_microseconds(timestamp_expression) -%}
    epoch_us({{ timestamp_expression }})
{%- endmacro %}

{% macro snowflake__epoch_microseconds(timestamp_expression) -%}
    date_part(epoch_microsecond, {{ timestamp_expression }})
{%- endmacro %}

{#- The UTC timestamp of a number of microseconds since 1970-01-01. -#}
{% macro from_epoch_microseconds(microseconds) -%}
    {{ return(adapter.dispatch('from_epoch_microseconds')(microseconds)) }}
{%- endmacro %}

{% macro default__from_epoch_microseconds(microseconds) -%}
    make_timestamp({{ microseconds }})
{%- endmacro %}

{% macro snowflake__from_epoch_microseconds(microseconds) -%}
    to_timestamp_ntz({{ microseconds }}, 6)
{%- endmacro %}

{#- Seconds as decimal(18, 6) of a bigint number of microseconds: never a float. -#}
{% macro microseconds_to_seconds(microseconds) -%}
    cast(({{ microseconds }}) * 0.000001 as decimal(18, 6))
{%- endmacro %}

{#- Elapsed seconds between two timestamps, decimal(18, 6), never a count of boundaries crossed. -#}
{% macro seconds_between(earlier, later) -%}
    {{ microseconds_to_seconds(epoch_microseconds(later) ~ ' - ' ~ epoch_microseconds(earlier)) }}
{%- endmacro %}

{#- Local wall time (no zone) of a UTC timestamp, in the zone that the expression names. -#}
{% macro local_time(utc_timestamp, time_zone) -%}
    {{ return(adapter.dispatch('local_time')(utc_timestamp, time_zone)) }}
{%- endmacro %}

{% macro default__local_time(utc_timestamp, time_zone) -%}
    timezone({{ time_zone }}, timezone('UTC', {{ utc_timestamp }}))
{%- endmacro %}

{% macro snowflake__local_time(utc_timestamp, time_zone) -%}
    convert_timezone('UTC', {{ time_zone }}, {{ utc_timestamp }})
{%- endmacro %}

{#- UTC timestamp of a local wall time; in the skipped hour of spring the later reading. -#}
{% macro utc_time(local_timestamp, time_zone) -%}
    {{ return(adapter.dispatch('utc_time')(local_timestamp, time_zone)) }}
{%- endmacro %}

{% macro default__utc_time(local_timestamp, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, {{ local_timestamp }}))
{%- endmacro %}

{% macro snowflake__utc_time(local_timestamp, time_zone) -%}
    convert_timezone({{ time_zone }}, 'UTC', {{ local_timestamp }})
{%- endmacro %}

{#- The local timestamp of a date and a clock time written `HH:MM`; `24:00` is the day's end. -#}
{% macro local_moment(date_expression, clock_text) -%}
    {{ return(adapter.dispatch('local_moment')(date_expression, clock_text)) }}
{%- endmacro %}

{% macro default__local_moment(date_expression, clock_text) -%}
    cast({{ date_expression }} as timestamp)
    + to_minutes(
        cast(split_part({{ clock_text }}, ':', 1) as integer) * 60
        + cast(split_part({{ clock_text }}, ':', 2) as integer)
    )
{%- endmacro %}

{% macro snowflake__local_moment(date_expression, clock_text) -%}
    timestampadd(
        minute,
        cast(split_part({{ clock_text }}, ':', 1) as integer) * 60
        + cast(split_part({{ clock_text }}, ':', 2) as integer),
        cast({{ date_expression }} as timestamp_ntz)
    )
{%- endmacro %}

{#- 1 (Monday) to 7 (Sunday). -#}
{% macro iso_weekday(date_expression) -%}
    {{ return(adapter.dispatch('iso_weekday')(date_expression)) }}
{%- endmacro %}

{% macro default__iso_weekday(date_expression) -%}
    isodow({{ date_expression }})
{%- endmacro %}

{% macro snowflake__iso_weekday(date_expression) -%}
    dayofweekiso({{ date_expression }})
{%- endmacro %}

{#- A timestamp as text, `2024-01-31 09:30:00.25`: the same in every database and session. -#}
{% macro time_text(timestamp_expression) -%}
    {{ return(adapter.dispatch('time_text')(timestamp_expression)) }}
{%- endmacro %}

{% macro default__time_text(timestamp_expression) -%}
    cast({{ timestamp_expression }} as varchar)
{%- endmacro %}

{% macro snowflake__time_text(timestamp_expression) -%}
    case
        when {{ timestamp_expression }} = date_trunc('second', {{ timestamp_expression }})
            then to_varchar({{ timestamp_expression }}, 'YYYY-MM-DD HH24:MI:SS')
        else regexp_replace(
            to_varchar({{ timestamp_expression }}, 'YYYY-MM-DD HH24:MI:SS.FF6'), '0+$', ''
        )
    end
{%- endmacro %}

{#- The Monday of the week of a date or timestamp, whatever day a session begins its weeks on. -#}
{% macro week_start_date(expression) -%}
    {{ return(adapter.dispatch('week_start_date')(expression)) }}
{%- endmacro %}

{% macro default__week_start_date(expression) -%}
    cast(date_trunc('week', {{ expression }}) as date)
{%- endmacro %}

{% macro snowflake__week_start_date(expression) -%}
    dateadd(day, 1 - dayofweekiso({{ expression }}), cast({{ expression }} as date))
{%- endmacro %}
