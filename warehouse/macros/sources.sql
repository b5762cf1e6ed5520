{#- Every row of a source table with the columns and types that its YAML declares.

    Embedded, landing has already made them so. On Snowflake the loader decides: ids may be numbers,
    times may carry a zone, a replication tool's columns may be absent, and the custom parts of an
    event may still be JSON. Absent columns are null; times become UTC to the microsecond. -#}
{% macro source_rows(relation) -%}
    {{ return(adapter.dispatch('source_rows')(relation)) }}
{%- endmacro %}

{#- A source table, to be read. Loaders write while a build runs: on Snowflake every model reads it as
    it was when the build began (Time Travel), at `sources_at`, an ISO 8601 moment with its zone. -#}
{% macro source_as_read(relation) -%}
    {{ return(adapter.dispatch('source_as_read')(relation)) }}
{%- endmacro %}

{% macro default__source_as_read(relation) -%}
    {{ relation }}
{%- endmacro %}

{% macro snowflake__source_as_read(relation) -%}
    {{ relation }}
    {%- if var('sources_at') %} at(timestamp => cast({{ quoted(var('sources_at')) }} as timestamp_tz))
    {%- endif -%}
{%- endmacro %}

{% macro default__source_rows(relation) -%}
    select * from {{ relation }}
{%- endmacro %}

{% macro snowflake__source_rows(relation) -%}
    {%- if execute -%}
    {%- set delivered = source_columns_delivered(relation) -%}
    select
        {%- for column in source_columns_declared(relation) %}
        {{ source_column(column, delivered) }} as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source_as_read(relation) }}
    {%- else -%}
    select * from {{ relation }}
    {%- endif -%}
{%- endmacro %}

{#- Columns of the YAML. -#}
{% macro source_columns_declared(relation) -%}
    {%- for table in graph.sources.values() if table.relation_name == relation | string -%}
    {{ return(table.columns.values() | list) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error('no source is declared for ' ~ relation) }}
{%- endmacro %}

{#- Upper-case name to type, as the warehouse has it; none where it may not be asked (`dbt compile
    --no-introspect`): then every declared column is taken to be there as declared. -#}
{% macro source_columns_delivered(relation) -%}
    {%- if not flags.INTROSPECT -%}
    {{ return(none) }}
    {%- endif -%}
    {%- set delivered = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
    {%- set _ = delivered.update({column.name | upper: column.dtype | upper}) -%}
    {%- endfor -%}
    {{ return(delivered) }}
{%- endmacro %}

{#- One declared column, in its declared type. -#}
{% macro source_column(column, delivered) -%}
    {%- set type = column.data_type -%}
    {%- set json = column.config.meta.get('json') -%}
    {%- set parts = source_json_columns(json.column, delivered) if json and delivered else [] -%}
    {%- if delivered is none -%}
    {{ source_cast(column.name, type, type) }}
    {%- elif parts -%}
    coalesce(
            {%- for part in parts %}
            {{ source_cast("get(" ~ ('get(' ~ part ~ ', 0)' if json.get('is_array') else part) ~ ", '" ~ json.key ~ "')", type, 'variant') }}
            {{- ',' if not loop.last }}
            {%- endfor %}
            {{- ', ' ~ source_cast(column.name, type, delivered[column.name | upper]) if column.name | upper in delivered else ', null' }}
        )
    {%- elif column.name | upper in delivered -%}
    {{ source_cast(column.name, type, delivered[column.name | upper]) }}
    {%- elif column.config.meta.get('is_required') -%}
    {{ exceptions.raise_compiler_error('the source table has no column ' ~ column.name ~ ', which it must have; it has: ' ~ delivered | join(', ') | lower) }}
    {%- else -%}
    cast(null as {{ type }})
    {%- endif -%}
{%- endmacro %}

{#- Delivered columns that hold a custom part of an event: the pattern, but no published vendor's. -#}
{% macro source_json_columns(pattern, delivered) -%}
    {%- set found = [] -%}
    {%- for name in delivered | sort -%}
    {%- if modules.re.match(pattern ~ '$', name, modules.re.I)
        and not modules.re.match('contexts_com_(google|snowplowanalytics)', name, modules.re.I) -%}
    {%- set _ = found.append(name | lower) -%}
    {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- A value in another type: text that is not one becomes null, a time with a zone becomes UTC. -#}
{% macro source_cast(expression, to_type, from_type) -%}
    {%- set is_time = to_type == 'timestamp' -%}
    {%- set type = 'timestamp_ntz(6)' if is_time else to_type -%}
    {%- if is_time and modules.re.match('TIMESTAMP_L?TZ', from_type) -%}
    cast(convert_timezone('UTC', {{ expression }}) as {{ type }})
    {%- elif to_type != 'varchar' and modules.re.match('VARCHAR|CHARACTER VARYING|TEXT|STRING', from_type) -%}
    try_cast({{ expression }} as {{ type }})
    {%- else -%}
    cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
