{{ config(materialized='incremental', unique_key='order_id') }}

select
    order_id,
    customer_id,
    ordered_at,
    updated_at,
    datediff('day', ordered_at, current_date) as order_age_days
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
