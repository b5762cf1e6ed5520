{% macro paid_orders(relation) -%}
    select
        order_id,
        amount
    from {{ relation }}
    where status != 'returned'
{%- endmacro %}

{% macro shipped_orders() %}
    select order_id, amount
    from ref('stg_orders')
    where status = 'shipped'
{% endmacro %}
