{% macro paid_orders(relation) -%}
    select
        order_id,
        amount
    from {{ relation }}
    where status != 'returned'
{% endmacro %}
