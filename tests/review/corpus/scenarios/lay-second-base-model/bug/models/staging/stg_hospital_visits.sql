select
    visit_id,
    clinic_code,
    upper(visit_type) as visit_type,
    ward
from {{ source('ehr', 'visits') }}
