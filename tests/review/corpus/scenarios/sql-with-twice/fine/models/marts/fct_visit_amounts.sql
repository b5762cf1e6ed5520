with visits as (
    select * from {{ ref('stg_visits') }}
),

charges as (
    select * from {{ ref('stg_charges') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    charges.amount
from visits
left join charges
    on charges.visit_id = visits.visit_id
    and charges.clinic_code = visits.clinic_code
