select
    charges.charge_id,
    charges.clinic_code,
    charges.amount
from {{ ref('stg_charges') }} as charges
inner join {{ ref('stg_visits') }} as visits
    on visits.visit_id = charges.visit_id
    and visits.clinic_code = charges.clinic_code
where visits.visit_type = 'PHONE'
