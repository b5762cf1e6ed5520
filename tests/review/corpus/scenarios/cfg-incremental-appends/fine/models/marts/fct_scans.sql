{{ config(materialized='incremental', unique_key='scan_id') }}

select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number
from {{ ref('stg_scans') }}
