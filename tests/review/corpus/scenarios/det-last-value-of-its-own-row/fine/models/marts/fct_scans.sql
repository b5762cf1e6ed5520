select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number,
    last_value(depot_id) over (
        partition by parcel_id order by scanned_at, scan_id
        rows between unbounded preceding and unbounded following
    ) as final_depot_id
from {{ ref('stg_scans') }}
