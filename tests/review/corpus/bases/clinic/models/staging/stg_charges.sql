select
    charge_id,
    clinic_code,
    visit_id,
    charge_code,
    cast(amount as decimal(12, 2)) as amount,
    cast(units as integer) as units,
    charged_at
from {{ source('ehr', 'charges') }}
