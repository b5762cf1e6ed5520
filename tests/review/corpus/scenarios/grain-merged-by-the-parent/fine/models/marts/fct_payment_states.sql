{{ config(materialized='incremental', unique_key='payment_id') }}

select
    payments.payment_id,
    payments.order_id,
    orders.customer_id,
    payments.payment_status,
    payments.paid_at
from {{ ref('stg_payments') }} as payments
left join {{ ref('stg_orders') }} as orders on orders.order_id = payments.order_id
