select
    carrier_id,
    date_trunc('month', requested_at) as requested_month,
    count(*) as parcels,
    sum(price_cents) as price_cents,
    datediff(day, max(requested_at), min(requested_at)) as active_days
from {{ ref('stg_parcels') }}
where service_level <> 'same_day'
group by 1, 2
