select
    parcel_id,
    carrier_id,
    service_level,
    requested_at,
    delivered_at,
    weight_grams / 1000.0 as weight
from {{ ref('stg_parcels') }}
