with visits as (
    select * from {{ ref('stg_visits') }}
),

charges as (
    select
        clinic_code,
        visit_id,
        sum(amount) as amount,
        sum(units) as units
    from {{ ref('stg_charges') }}
    group by clinic_code, visit_id
)

select
    visits.clinic_code,
    date_trunc('month', visits.visited_on) as visit_month,
    count(*) as visits,
    count(distinct visits.visit_id) as patients,
    min(visits.visited_on) as first_visited_on,
    max(visits.visited_on) as last_visited_on,
    sum(charges.amount) as amount,
    sum(charges.amount) / nullif(sum(charges.units), 0) as amount_per_unit
from visits
left join charges
    on charges.visit_id = visits.visit_id
    and charges.clinic_code = visits.clinic_code
where visits.visit_type = 'OFFICE'
    and visits.patient_id is not null
    and visits.visited_on >= '2020-01-01'
group by 1, 2
