with contracts as (
    select carrier_id, count(*) as contracts
    from {{ ref('stg_contracts') }}
    group by carrier_id
),

parcels as (
    select carrier_id, service_level, count(*) as parcels
    from {{ ref('stg_parcels') }}
    group by carrier_id, service_level
),

scans as (
    select parcel_id, count(*) as scans
    from {{ ref('stg_scans') }}
    group by parcel_id
)

select
    p.carrier_id,
    max(contracts.contracts) as contracts,
    sum(p.parcels) as parcels
from parcels as p
left join contracts on contracts.carrier_id = p.carrier_id
group by p.carrier_id
