select
    {{ dbt_utils.generate_surrogate_key(['clinic_code', 'visit_id']) }} as clinic_visit_key,
    clinic_code,
    visit_id,
    visited_on
from {{ ref('stg_visits') }}
