select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number,
    lag(scanned_at) over (order by scanned_at, scan_id) as previous_scanned_at
from {{ ref('stg_scans') }}
