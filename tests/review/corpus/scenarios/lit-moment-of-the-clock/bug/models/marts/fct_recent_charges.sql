select
    clinic_code,
    charge_id,
    visit_id,
    amount
from {{ ref('stg_charges') }}
where charged_at = dateadd(day, -7, current_timestamp)
