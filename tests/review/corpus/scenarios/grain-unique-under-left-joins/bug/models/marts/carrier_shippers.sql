with volumes as (
    select
        carrier_id,
        shipper_id,
        count(*) as parcels
    from {{ ref('stg_parcels') }}
    group by carrier_id, shipper_id
),

shippers as (
    select * from {{ source('wms', 'shippers') }}
)

select
    volumes.carrier_id,
    volumes.shipper_id,
    shippers.country,
    volumes.parcels
from volumes
left join shippers on volumes.shipper_id = shippers.shipper_id
