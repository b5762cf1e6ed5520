with visits as (
    select * from {{ ref('stg_visits') }}
),

charges as (
    select * from {{ ref('stg_charges') }}
),

rates as (
    select * from {{ ref('stg_rates') }}
)

select
    charges.charge_id,
    charges.clinic_code,
    charges.visit_id,
    visits.patient_id,
    visits.payer_id,
    charges.charge_code,
    charges.amount,
    coalesce(rates.rate, 1) as rate,
    charges.amount * coalesce(rates.rate, 1) as expected_amount
from charges
inner join visits
    on visits.visit_id = charges.visit_id
    and visits.clinic_code = charges.clinic_code
left join rates
    on rates.payer_id = visits.payer_id
    and rates.charge_code = charges.charge_code
    and visits.visited_on between rates.valid_from and rates.valid_to
