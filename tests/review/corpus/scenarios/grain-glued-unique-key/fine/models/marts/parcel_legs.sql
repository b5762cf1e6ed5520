{{ config(materialized='incremental', unique_key='leg_key') }}

select
    md5(parcels.parcel_id || '-' || coalesce(scans.scan_id, 'none')) as leg_key,
    parcels.parcel_id,
    scans.scanned_at
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('stg_scans') }} as scans on scans.parcel_id = parcels.parcel_id
