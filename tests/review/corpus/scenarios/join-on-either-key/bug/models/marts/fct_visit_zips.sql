with visits as (
    select * from {{ ref('stg_visits') }}
),

patients as (
    select * from {{ ref('stg_patients') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    patients.zip3
from visits
left join patients
    on patients.patient_id = visits.patient_id
    or patients.clinic_code = visits.clinic_code
