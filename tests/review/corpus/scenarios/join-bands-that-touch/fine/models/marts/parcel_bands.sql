select
    parcels.parcel_id,
    bands.band,
    sizes.band as whole_band
from {{ ref('stg_parcels') }} as parcels
left join {{ ref('weight_bands') }} as bands
    on parcels.weight_grams >= bands.from_grams and parcels.weight_grams < bands.to_grams
left join {{ ref('closed_bands') }} as sizes
    on parcels.weight_grams between sizes.from_grams and sizes.to_grams
    and parcels.service_level = sizes.service_level
