{% macro days_late(promised_at, delivered_at) %}
    datediff(day, {{ promised_at }}, {{ delivered_at }})
{% endmacro %}
