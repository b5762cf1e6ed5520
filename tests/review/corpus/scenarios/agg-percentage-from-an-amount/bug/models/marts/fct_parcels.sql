with discounts as (
    select
        parcel_id,
        max(case when scan_type = 'late' then 10 else 0 end) as discount_pct
    from {{ ref('stg_scans') }}
    group by parcel_id
)

select
    parcels.parcel_id,
    parcels.carrier_id,
    parcels.service_level,
    parcels.requested_at,
    parcels.delivered_at,
    parcels.price_cents - discounts.discount_pct as net_price_cents
from {{ ref('stg_parcels') }} as parcels
left join discounts
    on discounts.parcel_id = parcels.parcel_id
