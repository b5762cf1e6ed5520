select
    parcel_id,
    carrier_id,
    service_level,
    requested_at,
    delivered_at,
    price_cents / 100.0 - coalesce(refund_cents, 0) as net_price
from {{ ref('stg_parcels') }}
left join (
    select parcel_id as refunded_id, count(*) * 500 as refund_cents
    from {{ ref('stg_scans') }}
    where scan_type = 'lost'
    group by 1
) as refunds on refunded_id = parcel_id
