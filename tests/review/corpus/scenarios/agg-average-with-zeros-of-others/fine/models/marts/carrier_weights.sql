select
    carrier_id,
    avg(case when service_level = 'standard' then weight_grams end) as standard_grams,
    avg(case when service_level = 'express' then weight_grams end) as express_grams,
    sum(case when service_level = 'express' then weight_grams else 0 end) as express_total_grams,
    avg(case when service_level = 'same_day' then 1.0 else 0 end) as same_day_rate
from {{ ref('stg_parcels') }}
group by carrier_id
