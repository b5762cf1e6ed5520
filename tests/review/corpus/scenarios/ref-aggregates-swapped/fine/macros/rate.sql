{% macro rate(returned, orders) %}
    {{ returned }} / nullif({{ orders }}, 0)
{% endmacro %}
