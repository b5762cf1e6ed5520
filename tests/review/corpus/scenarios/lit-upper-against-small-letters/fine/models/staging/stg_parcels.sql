select
    parcel_id,
    carrier_id,
    shipper_id,
    lower(trim(service_level)) as service_level,
    weight_grams,
    price_cents,
    currency,
    requested_at,
    promised_at,
    delivered_at
from {{ source('wms', 'parcels') }}
