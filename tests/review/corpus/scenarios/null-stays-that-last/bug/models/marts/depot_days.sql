with stays as (
    select
        scan_id,
        parcel_id,
        depot_id,
        scanned_at,
        lead(scanned_at) over (partition by parcel_id order by scanned_at, scan_id) as moved_on
    from {{ ref('stg_scans') }}
),

days as (
    select distinct requested_at::date as day
    from {{ ref('stg_parcels') }}
)

select
    days.day,
    stays.depot_id,
    count(distinct stays.parcel_id) as parcels_there
from days
inner join stays
    on stays.scanned_at <= days.day
    and stays.moved_on > days.day
group by 1, 2
