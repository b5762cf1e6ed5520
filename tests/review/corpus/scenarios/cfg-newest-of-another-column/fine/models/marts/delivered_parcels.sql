{{ config(materialized='incremental', unique_key='parcel_id') }}

select
    parcel_id,
    carrier_id,
    delivered_at as arrived_at
from {{ ref('stg_parcels') }}
where delivered_at is not null
{% if is_incremental() %}
    and delivered_at > (select max(arrived_at) from {{ this }})
{% endif %}
