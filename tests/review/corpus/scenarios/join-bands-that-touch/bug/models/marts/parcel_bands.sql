select
    parcels.parcel_id,
    bands.band
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('weight_bands') }} as bands
    on parcels.weight_grams between bands.from_grams and bands.to_grams
