{{ config(materialized='incremental', unique_key='order_id') }}

select
    orders.order_id,
    orders.status,
    payments.payment_method
from {{ ref('stg_orders') }} as orders
left join {{ ref('int_latest_payments') }} as payments on payments.order_id = orders.order_id
{% if is_incremental() %}
where orders.order_id > (select max(order_id) from {{ this }})
{% endif %}
and orders.status = 'completed'
