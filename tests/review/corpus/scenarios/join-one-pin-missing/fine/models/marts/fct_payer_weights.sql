with visits as (
    select * from {{ ref('stg_visits') }}
),

months as (
    select * from {{ ref('fct_payer_months') }}
)

select
    visits.clinic_code,
    visits.payer_id,
    sum(visits.visit_count * months.paid_amount) as weighted_amount
from (select clinic_code, payer_id, date_trunc('month', visited_on) as month, count(*) as visit_count from visits group by 1, 2, 3) as visits
left join months
    on months.payer_id = visits.payer_id
    and date_trunc('month', visits.month) = months.month
    and months.amount_kind = 'PAID'
group by 1, 2
