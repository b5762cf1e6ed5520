select
    id as trip_id,
    planned_departure_at,
    actual_departure_at,
    planned_arrival_at,
    actual_arrival_at
from {{ source('web', 'signups') }}
