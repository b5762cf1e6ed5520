with scan_totals as (
    select parcel_id, count(*) as scan_count
    from {{ ref('stg_scans') }}
    group by parcel_id
),

last_depots as (
    select parcel_id, max(depot_id) as depot_id
    from {{ ref('stg_scans') }}
    group by parcel_id
)

select
    contracts.carrier_id,
    contracts.signed_on as requested_month,
    count(distinct parcels.parcel_id) as parcels,
    sum(scan_totals.scan_count) as scan_count
from {{ ref('stg_contracts') }} as contracts
left join {{ ref('stg_parcels') }} as parcels
    on parcels.carrier_id = contracts.carrier_id
left join scan_totals
    on scan_totals.parcel_id = parcels.parcel_id
left join {{ ref('stg_scans') }} as scans
    on scans.parcel_id = parcels.parcel_id
group by 1, 2
