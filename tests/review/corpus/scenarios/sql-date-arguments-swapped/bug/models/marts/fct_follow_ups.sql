select
    clinic_code,
    visit_id,
    dateadd(day, visited_on, 30) as follow_up_on
from {{ ref('stg_visits') }}
