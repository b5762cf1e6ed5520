select
    parcels.carrier_id,
    date_trunc('month', parcels.requested_at) as requested_month,
    coalesce(parcels.currency, 'EUR') as currency,
    count(*) as parcels,
    sum(parcels.price_cents) as price_cents
from {{ ref('stg_parcels') }} as parcels
where parcels.service_level <> 'same_day'
group by 1, 2
