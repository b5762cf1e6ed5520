with scans as (
    select parcel_id, min(scanned_at)::date as first_scanned_on
    from {{ ref('stg_scans') }}
    group by parcel_id
)

select
    parcels.parcel_id,
    parcels.promised_at::date - scans.first_scanned_on as slack_days,
    datediff('day', scans.first_scanned_on, parcels.requested_at) as days_to_first_scan
from {{ ref('stg_parcels') }} as parcels
left join scans on scans.parcel_id = parcels.parcel_id
