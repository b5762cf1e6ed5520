select
    carrier_id,
    round(sum(price), 2) as paid,
    sum(price_cents) / 100.0 as paid_again,
    avg(weight_kg) / 1000 as tons
from {{ ref('int_prices') }}
group by carrier_id
