with patients as (
    select * from {{ ref('stg_patients') }}
),

latest as (
    select * from {{ ref('int_latest_visits') }}
)

select
    patients.clinic_code,
    patients.patient_id,
    patients.birth_year,
    patients.zip3,
    latest.visited_on as last_visited_on,
    coalesce(latest.provider_id, -1) as last_provider_id,
    case when latest.visit_id is null then 'NEW' else 'KNOWN' end as patient_state,
    case when patients.birth_year < 1960 then 'OLDER' else 'YOUNGER' end as age_group
from patients
left join latest
    on latest.patient_id = patients.patient_id
    and latest.clinic_code = patients.clinic_code
