{{ config(materialized='incremental', unique_key='delivery_id') }}

select
    delivery_id,
    parcel_id,
    depot_id,
    arrived_at,
    convert_timezone('UTC', 'Europe/Berlin', arrived_at)::date as arrived_on,
    loaded_at
from {{ ref('stg_deliveries') }}
where is_test = false
{% if is_incremental() %}
    and loaded_at > (select max(loaded_at) from {{ this }})
{% endif %}
