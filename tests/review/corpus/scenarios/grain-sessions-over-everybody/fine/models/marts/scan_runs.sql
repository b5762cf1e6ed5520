with ordered as (
    select
        scan_id,
        parcel_id,
        scanned_at,
        lag(scanned_at) over (partition by parcel_id order by scanned_at, scan_id) as previous_at
    from {{ ref('stg_scans') }}
)

select
    scan_id,
    parcel_id,
    sum(case when previous_at is null or datediff(hour, previous_at, scanned_at) > 12 then 1 else 0 end)
        over (
            partition by parcel_id order by scanned_at, scan_id rows unbounded preceding
        ) as run_number,
    sum(1) over (order by scanned_at desc, scan_id rows unbounded preceding) as scans_left
from ordered
