with visits as (
    select * from {{ ref('stg_visits') }}
),

charges as (
    select * from {{ ref('stg_charges') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    case when visits.visited_on < dateadd(day, -30, current_date) then 'LATE' else 'OPEN' end as billing_state
from visits
left join charges
    on charges.visit_id = visits.visit_id
    and charges.clinic_code = visits.clinic_code
where charges.visit_id is null
