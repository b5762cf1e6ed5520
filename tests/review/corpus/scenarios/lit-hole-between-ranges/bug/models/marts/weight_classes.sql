select
    parcel_id,
    case
        when weight_grams < 1000 then 'letter'
        when weight_grams > 1000 and weight_grams < 5000 then 'small'
        when weight_grams >= 5000 then 'large'
    end as weight_class
from {{ ref('stg_parcels') }}
