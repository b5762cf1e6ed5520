select
    {{ dbt_utils.generate_surrogate_key(['visit_id', 'clinic_code']) }} as clinic_visit_key,
    clinic_code,
    visit_id,
    count(*) as charges
from {{ ref('stg_charges') }}
group by clinic_code, visit_id
