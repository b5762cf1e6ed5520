{{ config(materialized='incremental', unique_key='delivery_id') }}

select
    delivery_id,
    parcel_id,
    depot_id,
    arrived_at,
    convert_timezone('UTC', 'Europe/Berlin', arrived_at)::date as arrived_on,
    loaded_at
from {{ ref('stg_deliveries') }}
{% if is_incremental() %}
where loaded_at > (select max(loaded_at) from {{ this }})
{% endif %}
