select
    parcel_id,
    carrier_id,
    price_cents,
    price_cents / 100.0 as price,
    weight_grams / 1000.0 as weight_kg
from {{ ref('stg_parcels') }}
