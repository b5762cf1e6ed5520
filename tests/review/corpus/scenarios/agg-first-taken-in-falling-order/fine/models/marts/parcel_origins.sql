with ranked as (
    select
        parcel_id,
        depot_id,
        scanned_at,
        row_number() over (partition by parcel_id order by scanned_at, scan_id) as place
    from {{ ref('stg_scans') }}
)

select
    parcel_id,
    depot_id as first_depot_id,
    scanned_at as first_scanned_at
from ranked
where place = 1
