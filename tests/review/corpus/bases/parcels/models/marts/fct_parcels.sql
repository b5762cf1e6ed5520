select
    parcel_id,
    carrier_id,
    service_level,
    requested_at,
    delivered_at
from {{ ref('stg_parcels') }}
