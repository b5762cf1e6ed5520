with charged as (
    select clinic_code, visit_id, charge_id, amount, units
    from {{ ref('stg_charges') }}
),

codes as (
    select clinic_code, visit_id, charge_code
    from {{ ref('stg_charges') }}
    where units > 1
),

visits as (
    select clinic_code, visit_id, max(amount) as highest_amount
    from charged
    group by clinic_code, visit_id
)

select
    visits.clinic_code,
    visits.visit_id,
    visits.highest_amount,
    codes.charge_code
from visits
left join codes
    on codes.visit_id = visits.visit_id
