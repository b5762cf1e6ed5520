{% macro is_urgent(relation) %}
    {{ relation }}.service_level in ('express', 'same_day')
{% endmacro %}
