with visits as (
    select clinic_code, visit_id, units as visit_units from {{ ref('stg_charges') }}
    where charge_code = 'VISIT'
),

extras as (
    select clinic_code, visit_id, sum(units) as extra_units
    from {{ ref('stg_charges') }}
    where charge_code <> 'VISIT'
    group by clinic_code, visit_id
)

select
    visits.clinic_code,
    visits.visit_id,
    visits.visit_units + coalesce(extras.extra_units, 0) as units
from visits
left join extras
    on extras.clinic_code = visits.clinic_code
    and extras.visit_id = visits.visit_id
