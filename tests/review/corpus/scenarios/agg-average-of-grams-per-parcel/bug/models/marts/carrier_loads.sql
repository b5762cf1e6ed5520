select
    carrier_id,
    sum(grams) as grams,
    avg(grams_per_dock) as grams_per_dock
from {{ ref('int_depot_loads') }}
group by carrier_id
