select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number,
    lead(depot_id) over (partition by parcel_id order by scanned_at desc, scan_id desc) as previous_depot_id
from {{ ref('stg_scans') }}
