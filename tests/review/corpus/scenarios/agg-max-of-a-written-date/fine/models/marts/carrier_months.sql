select
    carrier_id,
    date_trunc('month', requested_at) as requested_month,
    count(*) as parcels,
    sum(price_cents) as price_cents,
    to_char(max(requested_at), 'DD/MM/YYYY') as last_requested_on,
    max(to_char(requested_at, 'YYYY-MM-DD')) as last_requested_iso
from {{ ref('stg_parcels') }}
where service_level <> 'same_day'
group by 1, 2
