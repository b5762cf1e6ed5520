select
    parcels.parcel_id,
    parcels.carrier_id,
    parcels.service_level,
    parcels.requested_at,
    parcels.delivered_at,
    parcels.price_cents * rates.rate as price_cents
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('stg_exchange_rates') }} as rates
    on rates.currency = parcels.currency
    and rates.rate_date = parcels.requested_at
