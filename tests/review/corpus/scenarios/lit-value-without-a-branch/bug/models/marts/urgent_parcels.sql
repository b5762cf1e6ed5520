select
    p.parcel_id,
    p.carrier_id,
    p.requested_at,
    p.shipper_id,
    case p.service_level
        when 'standard' then 72
        when 'express' then 24
        when 'same_day' then 12
    end as promised_hours
from {{ ref('stg_parcels') }} as p
where {{ is_urgent('p') }}
    and p.delivered_at is null
