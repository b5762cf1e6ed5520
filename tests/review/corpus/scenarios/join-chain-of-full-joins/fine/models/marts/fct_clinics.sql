with visited as (
    select clinic_code, count(*) as visits from {{ ref('stg_visits') }} group by clinic_code
),

charged as (
    select clinic_code, sum(amount) as amount from {{ ref('stg_charges') }} group by clinic_code
),

registered as (
    select clinic_code, count(*) as patients from {{ ref('stg_patients') }} group by clinic_code
)

select
    coalesce(visited.clinic_code, charged.clinic_code, registered.clinic_code) as clinic_code,
    visited.visits,
    charged.amount,
    registered.patients
from visited
full outer join charged
    on charged.clinic_code = visited.clinic_code
full outer join registered
    on registered.clinic_code = coalesce(visited.clinic_code, charged.clinic_code)
