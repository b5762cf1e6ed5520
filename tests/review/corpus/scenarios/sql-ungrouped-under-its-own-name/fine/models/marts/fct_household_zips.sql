select
    clinic_code as clinic_code,
    zip_code as zip_code,
    count(*) as patients
from {{ source('ehr_more', 'households') }}
group by clinic_code, zip_code
