with per_carrier as (
    select
        carrier_id,
        parcels,
        late_parcels / nullif(parcels, 0)::numeric as late_share
    from {{ ref('carrier_lateness') }}
)

select
    sum(parcels) as parcels,
    avg(late_share) as late_share
from per_carrier
