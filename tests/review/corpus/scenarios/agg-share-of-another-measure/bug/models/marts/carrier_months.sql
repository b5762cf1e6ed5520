select
    carrier_id,
    date_trunc('month', requested_at) as requested_month,
    count(*) as parcels,
    sum(case when service_level = 'express' then price_cents else 0 end) / nullif(sum(weight_grams), 0.0) as express_share,
    sum(price_cents) as price_cents
from {{ ref('stg_parcels') }}
where service_level <> 'same_day'
group by 1, 2
