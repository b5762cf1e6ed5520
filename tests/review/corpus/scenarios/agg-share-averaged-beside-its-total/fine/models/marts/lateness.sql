with per_carrier as (
    select
        carrier_id,
        parcels,
        late_parcels / nullif(parcels, 0)::numeric as late_share
    from {{ ref('carrier_lateness') }}
)

select
    sum(parcels) as parcels,
    sum(late_share * parcels) / nullif(sum(parcels), 0) as late_share
from per_carrier
