with visited as (
    select clinic_code, visited_on, patient_id
    from {{ ref('stg_visits') }}
    where visit_type = 'OFFICE'
    group by clinic_code, visited_on, patient_id
),

called as (
    select clinic_code, visited_on, patient_id
    from {{ ref('stg_visits') }}
    where visit_type = 'PHONE'
    group by clinic_code, visited_on, patient_id
)

select
    visited.clinic_code,
    visited.visited_on,
    count(visited.patient_id) as patients,
    count(called.patient_id) as patients_who_called
from visited
left join called
    on called.clinic_code = visited.clinic_code
    and called.visited_on = visited.visited_on
    and called.patient_id = visited.patient_id
group by visited.clinic_code, visited.visited_on
