with visits as (
    select clinic_code, visit_id, patient_id from {{ ref('stg_visits') }} where visit_type = 'OFFICE'
    union all
    select clinic_code, visit_id, patient_id from {{ ref('stg_visits') }} where visit_type = 'PHONE'
),

patients as (
    select * from {{ ref('stg_patients') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    patients.birth_year
from visits
left join patients
    on patients.patient_id = visits.patient_id
