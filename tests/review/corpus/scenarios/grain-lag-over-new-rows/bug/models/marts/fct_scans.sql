{{ config(materialized='incremental', unique_key='scan_id') }}

select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    lag(scanned_at) over (partition by parcel_id order by scanned_at, scan_id) as previous_scanned_at
from {{ ref('stg_scans') }}
{% if is_incremental() %}
where scanned_at > (select max(scanned_at) from {{ this }})
{% endif %}
