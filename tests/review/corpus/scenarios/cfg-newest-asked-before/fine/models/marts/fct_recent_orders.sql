{{ config(materialized='incremental', unique_key='order_id') }}

{% set newest = none %}
{% if is_incremental() %}
    {%- set newest = run_query("select coalesce(max(updated_at), '1900-01-01') from " ~ this).columns[0][0] %}
{% endif %}

with orders as (
    select
        orders.order_id,
        orders.customer_id,
        orders.ordered_at,
        orders.amount,
        orders.updated_at
    from {{ ref('stg_orders') }} as orders
    {% if is_incremental() %}
    where orders.updated_at >= '{{ newest }}'
    {% endif %}
)

select * from orders
