with scans as (
    select
        parcel_id,
        depot_id
    from {{ ref('stg_scans') }}
)

select
    parcels.parcel_id,
    parcels.carrier_id,
    parcels.service_level,
    parcels.requested_at,
    parcels.delivered_at,
    scans.depot_id
from {{ ref('stg_parcels') }} as parcels
left join scans
    on scans.parcel_id = parcels.parcel_id
