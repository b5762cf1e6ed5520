{{ config(materialized='incremental', unique_key=['order_id', 'payment_id']) }}

select
    orders.order_id,
    payments.payment_id,
    payments.amount
from {{ ref('stg_orders') }} as orders
left join {{ ref('stg_payments') }} as payments on payments.order_id = orders.order_id
