select
    parcel_id,
    case
        when datediff(hour, requested_at, delivered_at) <= 24 then 'a day'
        when datediff(hour, requested_at, delivered_at) <= 48 then 'two days'
        when datediff(day, requested_at, delivered_at) <= 24 then 'a month'
        else 'longer'
    end as band
from {{ ref('stg_parcels') }}
