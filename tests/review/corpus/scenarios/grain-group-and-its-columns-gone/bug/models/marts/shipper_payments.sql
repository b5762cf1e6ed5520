with parcels as (
    select
        parcel_id,
        shipper_id,
        carrier_id
    from {{ ref('stg_parcels') }}
),

scans as (
    select
        parcel_id,
        depot_id,
        scanned_at as last_scanned_at
    from {{ ref('stg_scans') }}
)

select
    parcels.parcel_id,
    parcels.shipper_id,
    parcels.carrier_id,
    scans.last_scanned_at,
    scans.depot_id
from parcels
left join scans on scans.parcel_id = parcels.parcel_id
