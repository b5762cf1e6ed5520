select
    visit_id,
    clinic_code,
    patient_id,
    provider_id,
    payer_id,
    upper(visit_type) as visit_type,
    visited_on,
    updated_at
from {{ source('ehr', 'visits') }}
