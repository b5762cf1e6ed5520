select
    payer_id,
    date_trunc('month', visited_on) as month,
    case when visit_type = 'OFFICE' then 'PAID' else 'DENIED' end as amount_kind,
    count(*) as paid_amount
from {{ ref('stg_visits') }}
group by 1, 2, 3
