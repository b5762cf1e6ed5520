with listed as (
    select distinct clinic_code, zip3
    from {{ ref('stg_patients') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    visits.visited_on,
    patients.birth_year,
    case when listed.zip3 is not null then 'LISTED' else 'NOT LISTED' end as list_state
from {{ ref('stg_visits') }} as visits
inner join {{ ref('stg_patients') }} as patients
    on patients.clinic_code = visits.clinic_code
    and patients.patient_id = visits.patient_id
left join listed
    on listed.clinic_code = visits.clinic_code
    and listed.zip3 = patients.zip3
