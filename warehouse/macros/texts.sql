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
