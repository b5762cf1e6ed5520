select
    {{ dbt_utils.generate_surrogate_key(['clinic_code', 'visit_id']) }} as visit_key,
    payer_id
from {{ ref('stg_visits') }}
where visit_type = 'OFFICE'
