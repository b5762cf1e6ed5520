{{ config(unique_key='id') }}

select
    order_id as id,
    customer_id,
    status,
    updated_at
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
