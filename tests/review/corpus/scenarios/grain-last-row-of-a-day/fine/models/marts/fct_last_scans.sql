with numbered as (
    select
        scan_id,
        parcel_id,
        depot_id,
        scanned_at,
        row_number() over (partition by parcel_id order by scanned_at desc, scan_id desc) as scan_rank
    from {{ ref('stg_scans') }}
)

select
    parcel_id,
    depot_id as last_depot_id,
    scanned_at as last_scanned_at
from numbered
where scan_rank = 1
