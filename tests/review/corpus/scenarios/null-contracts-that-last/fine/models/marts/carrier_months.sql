select
    parcels.carrier_id,
    date_trunc('month', parcels.requested_at) as requested_month,
    count(distinct parcels.parcel_id) as parcels,
    count(distinct contracts.contract_id) as contracts
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('stg_contracts') }} as contracts
    on contracts.carrier_id = parcels.carrier_id
    and contracts.signed_on <= parcels.requested_at
    and (contracts.terminated_on is null or contracts.terminated_on > parcels.requested_at)
where parcels.service_level <> 'same_day'
group by 1, 2
