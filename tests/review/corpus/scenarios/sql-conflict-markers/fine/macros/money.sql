{% macro cents_to_dollars(column) -%}
    {# HEAD ======= main #}
    round({{ column }} / 100.0, 2)
{%- endmacro %}
