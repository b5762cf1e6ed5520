select
    visit_id,
    clinic_code,
    visit_type
from {{ ref('stg_visits') }}
