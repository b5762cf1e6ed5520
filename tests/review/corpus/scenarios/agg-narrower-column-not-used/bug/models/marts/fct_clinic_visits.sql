select
    clinic_code,
    count(distinct visit_id) as visits,
    count(distinct case when visit_type = 'OFFICE' then visit_id end) as paid_visits,
    visits > 10 as has_many_paid
from {{ ref('stg_visits') }}
group by clinic_code
