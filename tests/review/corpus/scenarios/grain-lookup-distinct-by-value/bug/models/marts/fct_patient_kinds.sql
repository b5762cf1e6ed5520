with kinds as (
    select patient_id, visit_type
    from {{ ref('stg_visits') }}
    group by patient_id, visit_type
)

select
    patients.clinic_code,
    patients.patient_id,
    patients.birth_year,
    kinds.visit_type
from {{ ref('stg_patients') }} as patients
left join kinds
    on kinds.patient_id = patients.patient_id
