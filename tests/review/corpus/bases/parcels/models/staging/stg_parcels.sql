select
    parcel_id,
    carrier_id,
    shipper_id,
    service_level,
    weight_grams,
    price_cents,
    currency,
    requested_at,
    promised_at,
    delivered_at
from {{ source('wms', 'parcels') }}
