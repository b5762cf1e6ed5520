-- A row is a parcel that arrived before anybody asked for it.
select
    parcel_id,
    requested_at,
    delivered_at
from {{ ref('stg_parcels') }}
where delivered_at < requested_at or requested_at is null
