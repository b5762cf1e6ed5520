with contracts as (
    select carrier_id, count(*) as contracts
    from {{ ref('stg_contracts') }}
    group by carrier_id
)

select
    p.carrier_id,
    count(*) as parcels,
    sum(contracts.contracts) as contracts
from {{ ref('stg_parcels') }} as p
left join contracts on contracts.carrier_id = p.carrier_id
group by p.carrier_id
