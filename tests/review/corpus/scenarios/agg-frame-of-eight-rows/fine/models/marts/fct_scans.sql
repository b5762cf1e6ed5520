select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number,
    sum(case when scan_type = 'exception' then 1 else 0 end) over (
        partition by parcel_id order by scanned_at, scan_id
        rows between 6 preceding and current row
    ) as exceptions_last_7,
    sum(case when scan_type = 'exception' then 1 else 0 end) over (
        partition by parcel_id order by scanned_at, scan_id
        rows between 7 preceding and 1 preceding
    ) as exceptions_prior_7
from {{ ref('stg_scans') }}
