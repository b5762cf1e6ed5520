select
    carrier_id,
    requested_month,
    parcels,
    lag(parcels) over (partition by carrier_id order by requested_month) as previous_parcels
from {{ ref('carrier_months') }}
