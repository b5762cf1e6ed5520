select
    scan_id,
    parcel_id,
    depot_id,
    scan_type,
    scanned_at
from {{ source('wms', 'scans') }}
