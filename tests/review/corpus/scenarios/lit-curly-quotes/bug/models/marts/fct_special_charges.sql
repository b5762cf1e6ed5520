select
    clinic_code,
    charge_id,
    visit_id,
    amount
from {{ ref('stg_charges') }}
where charge_code in ('A10', 'B20’,‘C30')
