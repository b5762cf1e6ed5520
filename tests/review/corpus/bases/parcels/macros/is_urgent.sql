{% macro is_urgent(relation) %}
    ({{ relation }}.service_level = 'express' or {{ relation }}.service_level = 'same_day')
{% endmacro %}
