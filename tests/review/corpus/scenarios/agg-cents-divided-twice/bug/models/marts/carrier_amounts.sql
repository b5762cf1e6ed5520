select
    carrier_id,
    round(sum(price) / 100, 2) as paid
from {{ ref('int_prices') }}
group by carrier_id
