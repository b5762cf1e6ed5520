with numbered as (
    select
        clinic_code,
        patient_id,
        visited_on,
        row_number() over (partition by clinic_code, patient_id order by visited_on, visit_id) as visit_number
    from {{ ref('stg_visits') }}
)

select
    clinic_code,
    patient_id,
    visit_number,
    lag(visited_on) over (partition by clinic_code, patient_id order by visit_number) as previous_visited_on
from numbered
