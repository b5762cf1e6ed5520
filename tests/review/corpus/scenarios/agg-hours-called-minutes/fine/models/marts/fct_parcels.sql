select
    parcel_id,
    carrier_id,
    service_level,
    requested_at,
    delivered_at,
    datediff(hour, requested_at, delivered_at) * 60 as minutes_to_delivery
from {{ ref('stg_parcels') }}
