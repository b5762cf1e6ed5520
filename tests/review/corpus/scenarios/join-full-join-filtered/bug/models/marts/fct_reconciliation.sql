with charged as (
    select clinic_code, patient_id, sum(amount) as charged_amount
    from {{ ref('int_visit_charges') }}
    group by clinic_code, patient_id
),

expected as (
    select clinic_code, patient_id, sum(expected_amount) as expected_amount
    from {{ ref('int_visit_charges') }}
    group by clinic_code, patient_id
)

select
    coalesce(charged.clinic_code, expected.clinic_code) as clinic_code,
    coalesce(charged.patient_id, expected.patient_id) as patient_id,
    charged.charged_amount,
    expected.expected_amount
from charged
full outer join expected
    on expected.patient_id = charged.patient_id
    and expected.clinic_code = charged.clinic_code
where charged.clinic_code = 'NORTH'
