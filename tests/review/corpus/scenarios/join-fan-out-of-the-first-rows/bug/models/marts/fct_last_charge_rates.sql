with charges as (
    select
        visit_id,
        clinic_code,
        charge_code,
        row_number() over (partition by visit_id order by charged_at desc, charge_id desc) as place
    from {{ ref('stg_charges') }}
),

rates as (
    select payer_id, charge_code, max(rate) as highest_rate
    from {{ ref('stg_rates') }}
    group by payer_id, charge_code
),

rated as (
    select
        charges.visit_id,
        charges.clinic_code,
        rates.highest_rate
    from charges
    left join rates
        on rates.charge_code = charges.charge_code
    where charges.place = 1
)

select
    visit_id,
    clinic_code,
    highest_rate
from rated
