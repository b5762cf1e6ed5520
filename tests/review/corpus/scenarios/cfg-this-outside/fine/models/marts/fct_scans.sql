{{ config(materialized='incremental', unique_key='scan_id') }}

select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at
from {{ ref('stg_scans') }}
{% if is_incremental() %}
where scanned_at > (select max(scanned_at) from {{ this }})
{% endif %}
