select
    {{ dbt_utils.generate_surrogate_key(['clinic_code', 'visit_id']) }} as visit_key,
    provider_id,
    'providers' as measure
from {{ ref('stg_visits') }}
where visit_type = 'OFFICE'
