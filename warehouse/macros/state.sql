{#- An incremental model is built from scratch when asked to be, and when what made it has changed:
    its own code or that of a model it is made from, the definitions among them, a variable, the
    moment of asking (docs/incremental.md). Replaces dbt's own macro of this name. -#}
{% macro should_full_refresh() -%}
    {%- set asked = config.get('full_refresh') -%}
    {%- if asked is none -%}
        {%- set asked = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- if asked or not execute or model.config.materialized != 'incremental' -%}
        {{ return(asked) }}
    {%- endif -%}
    {%- set stored = stored_signature() or '' -%}
    {%- set current = state_signature() -%}
    {#- plain dbt cannot read the code of macros: it goes by the rest -#}
    {%- if not var('macros_signature') -%}
        {%- set stored = stored.split(' macros=')[0] -%}
        {%- set current = current.split(' macros=')[0] -%}
    {%- endif -%}
    {{ return(stored != current) }}
{%- endmacro %}

{#- A hash each of the code, definitions and variables that this model is made with. -#}
{% macro state_signature() -%}
    {%- set waiting = [model.unique_id] -%}
    {%- set code = [] -%}
    {%- set definitions = [] -%}
    {#- the list grows while it is read: every model upstream is reached, once -#}
    {%- for unique_id in waiting -%}
        {%- set node = graph.nodes.get(unique_id) -%}
        {%- if node -%}
            {%- set kept = definitions if node.resource_type == 'seed' else code -%}
            {%- set _ = kept.append(unique_id ~ ' ' ~ node.checksum.checksum) -%}
            {%- for parent in node.depends_on.get('nodes', []) if parent not in waiting -%}
                {%- set _ = waiting.append(parent) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set variables = [] -%}
    {%- for name in [
        'as_of', 'earliest_plausible_at', 'personal_paths', 'raw_database', 'care_platform_schema',
        'snowplow_schema'
    ] + (config.get('meta') or {}).get('variables', []) -%}
        {%- set _ = variables.append(name ~ ' ' ~ var(name)) -%}
    {%- endfor -%}
    {{ return(
        'code=' ~ local_md5(code | sort | join(' '))
        ~ ' definitions=' ~ local_md5(definitions | sort | join(' '))
        ~ ' variables=' ~ local_md5(variables | sort | join(' '))
        ~ ' macros=' ~ var('macros_signature')
    ) }}
{%- endmacro %}

{#- The signature is the comment of the table, written in the transaction that makes the table: a
    build killed at any moment leaves a table with its own signature, or with none. -#}
{% macro sign_state() -%}
    {%- if execute and model.config.materialized == 'incremental' and should_full_refresh() -%}
        comment on table {{ this }} is '{{ state_signature() }}'
    {%- endif -%}
{%- endmacro %}

{% macro stored_signature() -%}
    {%- set found = run_query(adapter.dispatch('stored_signature_query')(this)) -%}
    {{ return(found.columns[0].values()[0] if found and found.rows else none) }}
{%- endmacro %}

{% macro default__stored_signature_query(relation) -%}
    select comment from duckdb_tables()
    where
        database_name = '{{ relation.database }}'
        and schema_name = '{{ relation.schema }}'
        and table_name = '{{ relation.identifier }}'
{%- endmacro %}

{% macro snowflake__stored_signature_query(relation) -%}
    select comment from {{ relation.database }}.information_schema.tables
    where
        table_schema = upper('{{ relation.schema }}')
        and table_name = upper('{{ relation.identifier }}')
{%- endmacro %}

{#- As dbt's own, but `dbt compile --no-introspect`, which may ask the database nothing, compiles the
    build from scratch. -#}
{% macro is_incremental() -%}
    {%- if not flags.INTROSPECT -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(dbt.is_incremental()) }}
{%- endmacro %}
