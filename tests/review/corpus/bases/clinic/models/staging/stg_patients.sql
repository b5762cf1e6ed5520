select
    patient_id,
    clinic_code,
    birth_year,
    zip3,
    registered_on
from {{ source('ehr', 'patients') }}
