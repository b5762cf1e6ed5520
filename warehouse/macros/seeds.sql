{#- Reads a definition's file. dbt-duckdb's own takes its path for a pattern: the file of a folder
    beside it could be read in its place, and a quotation mark ends the statement. dbt calls it. -#}
{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {%- set plain = adapter.get_seed_file_path(model) -%}
    {%- set pattern = plain.replace('[', '[[]').replace('*', '[*]').replace('?', '[?]') -%}
    {%- set statement -%}
        copy {{ this.render() }} from {{ dbt.string_literal(dbt.escape_single_quotes(pattern)) }}
        (format csv, header true, delimiter ',')
    {%- endset -%}
    {%- set _ = adapter.add_query(statement, abridge_sql_log=True) -%}
    {{ return(statement) }}
{%- endmacro %}
