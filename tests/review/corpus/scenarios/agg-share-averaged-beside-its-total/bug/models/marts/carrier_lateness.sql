select
    carrier_id,
    count(*) as parcels,
    sum(case when delivered_at > promised_at then 1 else 0 end) as late_parcels
from {{ ref('stg_parcels') }}
group by carrier_id
