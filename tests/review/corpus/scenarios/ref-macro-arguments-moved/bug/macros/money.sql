{% macro cents_to_dollars(digits, column) -%}
    round({{ column }} / 100.0, {{ digits or 2 }})
{%- endmacro %}
