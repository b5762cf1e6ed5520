select
    clinic_code,
    visit_id,
    case when visit_type = 'OFFICE' then 'in the office' else 'elsewhere' end as visit_typ
from {{ ref('stg_visits') }}
