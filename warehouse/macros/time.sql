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
