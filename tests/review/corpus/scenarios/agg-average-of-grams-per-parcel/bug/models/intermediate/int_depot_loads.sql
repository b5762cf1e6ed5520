select
    parcels.carrier_id,
    depots.depot_id,
    depots.docks,
    cards.price_per_kg,
    sum(parcels.weight_grams) as grams,
    1.0 * sum(parcels.weight_grams) / nullif(depots.docks, 0) as grams_per_dock
from {{ ref('stg_parcels') }} as parcels
inner join {{ source('wms', 'shippers') }} as depots on depots.shipper_id = parcels.shipper_id
inner join {{ ref('stg_rate_cards') }} as cards on cards.rate_card_id = depots.rate_card_id
group by 1, 2, 3, 4
