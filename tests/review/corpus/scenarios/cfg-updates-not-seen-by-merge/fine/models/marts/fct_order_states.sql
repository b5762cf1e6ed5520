{{ config(materialized='incremental', unique_key='order_id') }}

with source as (
    select
        id as order_id,
        status,
        created_at,
        updated_at
    from {{ source('shop', 'orders') }}
)

select
    order_id,
    status,
    created_at,
    updated_at
from source
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
