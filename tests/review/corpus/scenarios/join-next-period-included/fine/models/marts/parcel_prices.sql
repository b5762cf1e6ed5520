with prices as (
    select
        carrier_id,
        price_per_kg,
        valid_from,
        lead(valid_from) over (partition by carrier_id order by valid_from, rate_card_id) as next_from
    from {{ ref('stg_rate_cards') }}
)

select
    parcels.parcel_id,
    prices.price_per_kg
from {{ ref('stg_parcels') }} as parcels
left join prices
    on prices.carrier_id = parcels.carrier_id
    and parcels.requested_at >= prices.valid_from
    and parcels.requested_at < coalesce(prices.next_from, '9999-12-31')
