select
    clinic_code,
    visit_id,
    if visit_type = 'OFFICE' then true else false end as is_office
from {{ ref('stg_visits') }}
