select
    parcel_id,
    carrier_id,
    requested_at
from {{ ref('stg_parcels') }}
where requested_at >= '2024-01-01'
    and requested_at <= '2024-01-31'
