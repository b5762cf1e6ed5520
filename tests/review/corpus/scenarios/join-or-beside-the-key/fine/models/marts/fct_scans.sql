select
    scans.scan_id,
    scans.parcel_id,
    scans.depot_id,
    scans.scanned_at,
    parcels.service_level
from {{ ref('stg_scans') }} as scans
left join {{ ref('stg_parcels') }} as parcels
    on parcels.parcel_id = scans.parcel_id
    and parcels.service_level in ('express', 'same_day')
