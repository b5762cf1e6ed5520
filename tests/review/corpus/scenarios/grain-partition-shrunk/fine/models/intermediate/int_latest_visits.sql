select
    clinic_code,
    patient_id,
    visit_id,
    provider_id,
    visited_on
from {{ ref('stg_visits') }}
qualify row_number() over (partition by clinic_code, patient_id order by visited_on desc, updated_at desc, visit_id) = 1
