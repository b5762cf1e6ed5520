select
    delivery_id,
    parcel_id,
    depot_id,
    is_test,
    arrived_at,
    loaded_at
from {{ source('wms', 'deliveries') }}
