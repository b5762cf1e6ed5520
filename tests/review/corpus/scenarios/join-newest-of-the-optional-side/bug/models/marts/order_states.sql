{{ config(materialized='incremental', unique_key='order_id') }}

select
    o.order_id,
    o.updated_at,
    p.payment_method,
    p.paid_at
from {{ ref('stg_orders') }} as o
left join {{ ref('int_latest_payments') }} as p on p.order_id = o.order_id
{% if is_incremental() %}
where p.paid_at > (select max(paid_at) from {{ this }})
{% endif %}
