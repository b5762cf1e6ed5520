select
    clinic_code,
    visit_id,
    coalesce(visit_type, 'OTHER') as visit_type,
    visit_type = 'OFFICE' and payer_id is null as is_unpaid_office
from {{ ref('stg_visits') }}
