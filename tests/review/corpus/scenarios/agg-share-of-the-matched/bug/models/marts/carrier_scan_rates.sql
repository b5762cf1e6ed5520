with scans as (
    select
        parcel_id,
        min(scanned_at) as first_scanned_at
    from {{ ref('stg_scans') }}
    group by parcel_id
)

select
    parcels.carrier_id,
    count(*) as parcels,
    count(scans.first_scanned_at) * 1.0 / nullif(count(*), 0) as scanned_rate
from {{ ref('stg_parcels') }} as parcels
inner join scans on scans.parcel_id = parcels.parcel_id
group by 1
