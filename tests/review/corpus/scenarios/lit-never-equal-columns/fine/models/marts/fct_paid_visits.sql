with seen as (
    select clinic_code, visit_id, 'OFFICE' as kind from {{ ref('stg_visits') }}
),

paid as (
    select clinic_code, visit_id, 'OFFICE' as kind, sum(amount) as amount
    from {{ ref('stg_charges') }}
    group by clinic_code, visit_id
)

select
    seen.clinic_code,
    seen.visit_id,
    paid.amount
from seen
left join paid
    on paid.clinic_code = seen.clinic_code
    and paid.visit_id = seen.visit_id
    and paid.kind = seen.kind
