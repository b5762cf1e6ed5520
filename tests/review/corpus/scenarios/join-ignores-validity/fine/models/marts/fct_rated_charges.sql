with charges as (
    select * from {{ ref('stg_charges') }}
),

visits as (
    select * from {{ ref('stg_visits') }}
),

rates as (
    select * from {{ ref('stg_rates') }}
)

select
    charges.clinic_code,
    charges.visit_id,
    charges.charge_id,
    charges.amount,
    rates.rate
from charges
inner join visits
    on visits.visit_id = charges.visit_id
    and visits.clinic_code = charges.clinic_code
left join rates
    on rates.payer_id = visits.payer_id
    and rates.charge_code = charges.charge_code
    and visits.visited_on >= rates.valid_from
    and visits.visited_on < rates.valid_to
