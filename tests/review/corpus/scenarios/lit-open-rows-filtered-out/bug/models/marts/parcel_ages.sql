select
    parcel_id,
    carrier_id,
    datediff('hour', requested_at, coalesce(delivered_at, getdate())) as hours_so_far,
    delivered_at is null as is_open
from {{ ref('stg_parcels') }}
where datediff('hour', requested_at, delivered_at) >= 0
