with visits as (
    select * from {{ ref('stg_visits') }}
),

charges as (
    select * from {{ ref('stg_charges') }}
)

select
    visits.clinic_code,
    visits.provider_id,
    charges.charge_code,
    sum(charges.amount) as amount,
    count(distinct charges.charge_id) as charges
from visits
inner join charges
    on charges.visit_id = visits.visit_id
group by 1, 2, 3
