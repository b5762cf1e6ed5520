{#- The cursor of incremental builds (docs/incremental.md): a number that rises with every load.
    Embedded it is landing's batch number, on Snowflake the loader's time. It never reaches prod. -#}
{% macro batch_number(loaded_at) -%}
    {{ return(adapter.dispatch('batch_number')(loaded_at)) }}
{%- endmacro %}

{% macro default__batch_number(loaded_at) -%}
    cast(_batch_number as bigint)
{%- endmacro %}

{% macro snowflake__batch_number(loaded_at) -%}
    {{ epoch_microseconds(loaded_at) }}
{%- endmacro %}

{#- The latest batch in this model's own contents. A literal, not a subquery: base models rank within
    a batch, and only a literal reaches below their windows, where it spares reading the old rows. -#}
{% macro latest_batch_number(column='batch_number') -%}
    {%- set found = run_query('select max(' ~ column ~ ') from ' ~ this) -%}
    {{ (found.columns[0].values()[0] if found else none) or 0 }}
{%- endmacro %}

{#- Written behind `as` of a common table expression that is read more than once: DuckDB would
    otherwise keep all its rows, with all their columns; worked out again, each reader takes only
    the columns it needs. Snowflake decides for itself. -#}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch('not_materialized')()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}
    {{ return(' not materialized') }}
{%- endmacro %}

{% macro snowflake__not_materialized() -%}
    {{ return('') }}
{%- endmacro %}
