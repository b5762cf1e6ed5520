select
    scan_id,
    parcel_id,
    depot_id,
    scanned_at,
    cast(convert_timezone('UTC', 'Europe/Berlin', scanned_at) as date) as scanned_on,
    date_trunc('week', scanned_at) as scanned_week,
    row_number() over (partition by parcel_id order by scanned_at, scan_id) as scan_number
from {{ ref('stg_scans') }}
