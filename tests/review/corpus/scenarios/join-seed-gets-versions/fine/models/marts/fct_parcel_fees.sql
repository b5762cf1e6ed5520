with fees as (
    select service_level, fee_rate
    from {{ ref('service_fees') }}
    where current_date between valid_from and valid_to
)

select
    p.parcel_id,
    p.service_level,
    fees.fee_rate
from {{ ref('stg_parcels') }} as p
left join fees on fees.service_level = p.service_level
