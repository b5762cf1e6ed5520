select
    carrier_id,
    date_trunc('month', requested_at) as requested_month,
    count(*) as parcels,
    count(distinct shipper_id) as shippers,
    sum(price_cents) as price_cents
from {{ ref('stg_parcels') }}
where not service_level = 'same_day'
group by 1, 2
