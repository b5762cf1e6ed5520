{{ config(materialized='incremental', unique_key='order_id') }}

select
    order_id,
    customer_id,
    status,
    ordered_at,
    updated_at
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
and order_id not in (select order_id from {{ ref('stg_order_event') }} where order_id is not null)
{% endif %}
