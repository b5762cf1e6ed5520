select
    parcel_id,
    datediff('hour', requested_at, requested_at) as hours_to_delivery
from {{ ref('stg_parcels') }}
