select
    parcel_id,
    case
        when datediff(hour, requested_at, delivered_at) <= 48 then 'two days'
        when datediff(hour, requested_at, delivered_at) <= 24 then 'a day'
        else 'longer'
    end as band
from {{ ref('stg_parcels') }}
