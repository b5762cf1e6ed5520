select
    parcel_id,
    carrier_id,
    case
        when service_level in ('express', 'same_day') then 'fast'
        when service_level = 'standard' then 'plain'
        else 'slow'
    end as speed,
    service_level,
    requested_at,
    delivered_at
from {{ ref('stg_parcels') }}
