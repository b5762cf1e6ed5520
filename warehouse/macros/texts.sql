{#- A text as a value in SQL, whatever quotation marks it holds. -#}
{% macro quoted(text) -%}
    {{ return(adapter.dispatch('quoted')(text)) }}
{%- endmacro %}

{% macro default__quoted(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{#- Between quotation marks, Snowflake reads a backslash as the beginning of an escape. -#}
{% macro snowflake__quoted(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "''") }}'
{%- endmacro %}

{#- Whether the whole of a text matches a pattern. -#}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro snowflake__matches(text, pattern) -%}
    regexp_like({{ text }}, '^{{ pattern }}$')
{%- endmacro %}
