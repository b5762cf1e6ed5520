with deliveries as (
    select
        delivery_id,
        parcel_id,
        convert_timezone('UTC', 'Europe/Berlin', arrived_at) as arrived_local,
        arrived_at as arrived_utc
    from {{ ref('stg_deliveries') }}
    where not is_test
),

parcels as (
    select
        parcel_id,
        requested_at as requested_utc
    from {{ ref('stg_parcels') }}
)

select
    deliveries.delivery_id,
    deliveries.arrived_local::date as arrived_on,
    datediff('hour', parcels.requested_utc, deliveries.arrived_utc) as hours_to_arrival
from deliveries
inner join parcels on parcels.parcel_id = deliveries.parcel_id
