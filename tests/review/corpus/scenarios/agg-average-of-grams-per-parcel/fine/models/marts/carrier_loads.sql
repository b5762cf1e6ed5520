select
    carrier_id,
    sum(grams) as grams,
    1.0 * sum(grams) / nullif(sum(docks), 0) as grams_per_dock,
    max(grams_per_dock) as most_grams_per_dock,
    avg(price_per_kg) as price_per_kg
from {{ ref('int_depot_loads') }}
group by carrier_id
