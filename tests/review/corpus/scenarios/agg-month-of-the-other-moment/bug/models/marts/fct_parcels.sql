select
    parcel_id,
    carrier_id,
    service_level,
    date_trunc('month', requested_at) as delivered_month,
    requested_at,
    delivered_at
from {{ ref('stg_parcels') }}
