select
    parcels.parcel_id,
    parcels.carrier_id,
    parcels.service_level,
    parcels.requested_at,
    parcels.delivered_at,
    parcels.price_cents / coalesce(scans.scan_count, 0) as price_per_scan
from {{ ref('stg_parcels') }} as parcels
left join (
    select parcel_id, count(*) as scan_count
    from {{ ref('stg_scans') }}
    group by 1
) as scans on scans.parcel_id = parcels.parcel_id
