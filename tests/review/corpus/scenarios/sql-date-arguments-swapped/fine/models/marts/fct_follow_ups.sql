select
    clinic_code,
    visit_id,
    dateadd(day, 30, visited_on) as follow_up_on
from {{ ref('stg_visits') }}
