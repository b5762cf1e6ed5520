with parcels as (
    select
        carrier_id,
        weight_grams,
        price_cents,
        price_cents / nullif(weight_grams, 0) as price_per_gram
    from {{ ref('stg_parcels') }}
)

select
    carrier_id,
    sum(price_cents) as price_cents,
    sum(weight_grams) as weight_grams,
    sum(price_cents) / nullif(sum(weight_grams), 0) as price_per_gram
from parcels
group by 1
