select
    clinic_code,
    visit_id,
    case
        when visit_type = 'PHONE' and payer_id is null then 'Called by phone, unpaid'
        when visit_type = 'PHONE' and provider_id is null then 'Called by phone, nobody answered'
        when visit_type = 'OFFICE' and payer_id is null then 'Came to the office, unpaid'
        when visit_type = 'OFFICE' and provider_id is null then 'Called by phone, not seen'
        else 'Other'
    end as visit_label
from {{ ref('stg_visits') }}
