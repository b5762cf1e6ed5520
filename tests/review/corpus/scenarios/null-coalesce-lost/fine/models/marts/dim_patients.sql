with patients as (
    select * from {{ ref('stg_patients') }}
),

latest_visit as (
    select * from {{ ref('int_latest_visits') }}
)

select
    patients.clinic_code,
    patients.patient_id,
    patients.birth_year,
    patients.zip3,
    latest_visit.visited_on as last_visited_on,
    nvl(latest_visit.provider_id, -1) as last_provider_id,
    case when latest_visit.visit_id is null then 'NEW' else 'KNOWN' end as patient_state
from patients
left join latest_visit
    on latest_visit.patient_id = patients.patient_id
    and latest_visit.clinic_code = patients.clinic_code
