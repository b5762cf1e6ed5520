with kinds as (
    select patient_id, max(visit_type) as visit_type
    from {{ ref('stg_visits') }}
    group by patient_id
)

select
    patients.clinic_code,
    patients.patient_id,
    patients.birth_year,
    kinds.visit_type
from {{ ref('stg_patients') }} as patients
left join kinds
    on kinds.patient_id = patients.patient_id
