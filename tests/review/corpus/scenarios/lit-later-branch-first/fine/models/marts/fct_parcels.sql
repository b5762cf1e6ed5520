select
    parcel_id,
    carrier_id,
    case
        when delivered_at > dateadd(day, 2, promised_at) then 'very late'
        when delivered_at > promised_at then 'late'
        else 'in time'
    end as punctuality,
    service_level,
    requested_at,
    delivered_at
from {{ ref('stg_parcels') }}
