with visits as (
    select * from {{ ref('stg_visits') }}
),

rates as (
    select * from {{ ref('stg_rates') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    sum(rates.rate) as rate
from visits
left join rates
    on rates.payer_id = visits.payer_id
    and visits.visited_on between cast(rates.valid_from as date) and cast(rates.valid_to as date)
group by visits.clinic_code, visits.visit_id
