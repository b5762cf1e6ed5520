select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (
        partition by parcel_id order by scanned_at asc, scan_id asc
    ) as scan_number,
    sum(case when scan_type = 'exception' then 1 else 0 end) over (
        partition by parcel_id order by scanned_at, scan_id
        rows between unbounded preceding and current row
    ) as exceptions_so_far
from {{ ref('stg_scans') }}
