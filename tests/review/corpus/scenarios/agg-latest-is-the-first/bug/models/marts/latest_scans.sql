with numbered as (
    select
        scan_id,
        parcel_id,
        depot_id,
        scanned_at,
        row_number() over (
            partition by parcel_id order by scanned_at, scan_id
        ) as scan_number
    from {{ ref('stg_scans') }}
)

select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at
from numbered
where scan_number = 1
