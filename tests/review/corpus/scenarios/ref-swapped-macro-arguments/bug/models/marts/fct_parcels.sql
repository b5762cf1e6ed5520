select
    parcel_id,
    carrier_id,
    service_level,
    requested_at,
    delivered_at,
    {{ days_late('delivered_at', 'promised_at') }} as days_late
from {{ ref('stg_parcels') }}
