with visits as (
    select clinic_code, visit_id, payer_name, payer_name_slug
    from {{ source('ehr_more', 'visits_with_payers') }}
),

payers as (
    select payer_name, payer_name_slug, tier
    from {{ source('ehr_more', 'named_payers') }}
)

select
    visits.clinic_code,
    visits.visit_id,
    payers.tier
from visits
left join payers
    on visits.payer_name = payers.payer_name_slug
