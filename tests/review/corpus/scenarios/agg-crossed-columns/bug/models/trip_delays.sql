select
    trip_id,
    extract(epoch from actual_departure_at - planned_departure_at) / 60 as departure_delay_minutes,
    extract(epoch from actual_arrival_at - planned_departure_at) / 60 as arrival_delay_minutes
from {{ ref('stg_trips') }}
