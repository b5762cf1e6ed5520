select
    parcel_id,
    carrier_id,
    datediff('minute', requested_at, delivered_at) <= 3 * 24 * 60 as is_within_three_days
from {{ ref('stg_parcels') }}
