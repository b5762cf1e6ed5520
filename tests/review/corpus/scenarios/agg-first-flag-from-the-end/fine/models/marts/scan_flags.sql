with numbered as (
    select
        scan_id,
        parcel_id,
        row_number() over (partition by parcel_id order by scanned_at desc, scan_id) as scan_number
    from {{ ref('stg_scans') }}
)

select
    scan_id,
    parcel_id,
    scan_number = 1 as is_last_scan
from numbered
