select
    parcel_id,
    case
        when weight_grams < 1000 then 'letter'
        when weight_grams >= 1000 and weight_grams < 5000 then 'small'
        when weight_grams >= 5000 then 'large'
    end as weight_class,
    case
        when weight_grams between 0 and 99 then 'a'
        when weight_grams between 100 and 200 then 'b'
        else 'c'
    end as letter_class
from {{ ref('stg_parcels') }}
