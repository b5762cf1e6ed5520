select
    parcel_id,
    datediff('hour', requested_at, delivered_at) as hours_to_delivery
from {{ ref('stg_parcels') }}
