select
    carrier_id,
    date_trunc('month', requested_at) as requested_month,
    count(*) as parcels,
    sum(price_cents) as price_cents,
    sum(count(*)) over (order by requested_month rows unbounded preceding) as parcels_so_far
from {{ ref('stg_parcels') }}
where service_level <> 'same_day'
group by 1, 2
