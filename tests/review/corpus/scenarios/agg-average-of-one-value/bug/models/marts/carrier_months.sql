select
    carrier_id,
    date_trunc('month', requested_at) as requested_month,
    count(*) as parcels,
    sum(price_cents) as price_cents,
    avg(case when delivered_at <= promised_at then 1.0 end) as in_time_share
from {{ ref('stg_parcels') }}
where service_level <> 'same_day'
group by 1, 2
