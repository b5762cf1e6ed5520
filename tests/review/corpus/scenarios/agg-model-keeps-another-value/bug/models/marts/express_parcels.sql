select
    parcel_id,
    carrier_id
from {{ ref('stg_parcels') }}
where service_level = 'standard'
