{% macro change_of(amount1, amount2, updated1, updated2) -%}
    case when {{ updated1 }} < {{ updated2 }} then {{ amount2 }} / nullif({{ amount1 }}, 0) - 1 end
{%- endmacro %}
