with charges as (
    select * from {{ ref('stg_charges') }}
)

select
    {{ dbt_utils.generate_surrogate_key(['visit_id', 'charge_id']) }} as charge_key,
    clinic_code,
    visit_id,
    charge_id,
    charge_code,
    amount
from charges
