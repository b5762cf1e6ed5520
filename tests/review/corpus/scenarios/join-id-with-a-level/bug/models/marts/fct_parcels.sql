select
    parcels.parcel_id,
    parcels.carrier_id,
    parcels.service_level,
    parcels.requested_at,
    parcels.delivered_at,
    shippers.shipper_name
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('stg_shippers') }} as shippers
    on shippers.shipper_name = parcels.shipper_id
