select
    parcels.parcel_id,
    parcels.carrier_id,
    parcels.service_level,
    parcels.requested_at,
    parcels.delivered_at,
    rates.price_per_kg
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('stg_rate_cards') }} as rates
    on rates.carrier_id = parcels.carrier_id
    and parcels.requested_at < rates.valid_to
