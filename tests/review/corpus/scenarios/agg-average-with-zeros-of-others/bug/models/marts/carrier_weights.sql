select
    carrier_id,
    avg(case when service_level = 'standard' then weight_grams end) as standard_grams,
    avg(case when service_level = 'express' then weight_grams else 0 end) as express_grams
from {{ ref('stg_parcels') }}
group by carrier_id
