select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number,
    last_value(depot_id) over (
        partition by parcel_id order by scanned_at, scan_id
        rows between unbounded preceding and current row
    ) as last_depot_id,
    sum(case when scan_type = 'exception' then 1 else 0 end) over (
        partition by parcel_id order by scanned_at, scan_id
        rows between unbounded preceding and current row
    ) as exceptions_so_far
from {{ ref('stg_scans') }}
