{#- Schemas are named as configured, without the target's prefix: prep.base, prep.intermediate. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}

{#- On Snowflake the databases prep and prod may carry a developer's prefix, such as `dev_anna_`. -#}
{% macro generate_database_name(custom_database_name=none, node=none) -%}
    {%- if not custom_database_name -%}
    {{ target.database }}
    {%- elif target.type == 'snowflake' -%}
    {{ env_var('CAREPATH_DATABASE_PREFIX', '') }}{{ custom_database_name | trim }}
    {%- else -%}
    {{ custom_database_name | trim }}
    {%- endif -%}
{%- endmacro %}
