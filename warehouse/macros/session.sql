{#- What a Snowflake session is set to before each node: a tag that says what ran (no person, no
    data), and the parameters on which the meaning of our SQL would otherwise depend. dbt calls it. -#}
{% macro snowflake__set_query_tag() -%}
    {%- set _ = run_query(snowflake_session_statement()) -%}
    {{ return(none) }}
{%- endmacro %}

{#- Nothing to restore: the next node sets its own. -#}
{% macro snowflake__unset_query_tag(original_query_tag) -%}
{%- endmacro %}

{% macro snowflake_session_statement() -%}
    alter session set
        query_tag = '{{ tojson({'app': 'carepath', 'node': model.name, 'invocation': invocation_id}) }}'
        timezone = 'UTC'
        week_start = 1
        timestamp_type_mapping = 'TIMESTAMP_NTZ'
        timestamp_input_format = 'AUTO'
        date_input_format = 'AUTO'
        date_output_format = 'YYYY-MM-DD'
        quoted_identifiers_ignore_case = false
{%- endmacro %}

{#- DuckDB has no roles: `grants` in dbt_project.yml are Snowflake's. dbt calls it. -#}
{% macro duckdb__apply_grants(relation, grant_config, should_revoke=true) -%}
{%- endmacro %}
