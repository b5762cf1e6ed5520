{% macro paid_orders(relation) -%}
    select
        order_id,
        amount
    from {{ relation }}
    where order_status != 'returned'
{%- endmacro %}
