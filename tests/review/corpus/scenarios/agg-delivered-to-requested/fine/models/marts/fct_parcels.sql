select
    parcel_id,
    carrier_id,
    service_level,
    requested_at,
    delivered_at,
    datediff(day, requested_at, delivered_at) as delivery_days
from {{ ref('stg_parcels') }}
