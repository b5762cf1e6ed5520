with scan_totals as (
    select parcels.carrier_id, count(*) as scan_count
    from {{ ref('stg_scans') }} as scans
    inner join {{ ref('stg_parcels') }} as parcels on parcels.parcel_id = scans.parcel_id
    group by parcels.carrier_id
)

select
    parcels.carrier_id,
    date_trunc('month', parcels.requested_at) as requested_month,
    count(*) as parcels,
    sum(scan_totals.scan_count) as carrier_scans
from {{ ref('stg_parcels') }} as parcels
left join scan_totals
    on scan_totals.carrier_id = parcels.carrier_id
group by 1, 2
