with people as (
    {{ dbt_utils.union_relations(relations=[ref('stg_patients'), ref('dim_patients')]) }}
),

seen as (
    {{ dbt_utils.union_relations(relations=[ref('stg_visits'), ref('int_latest_visits')]) }}
),

newest as (
    select _dbt_source_relation, clinic_code, patient_id, max(visited_on) as visited_on
    from seen
    group by _dbt_source_relation, clinic_code, patient_id
)

select
    people.clinic_code,
    people.patient_id,
    newest.visited_on
from people
left join newest
    on newest._dbt_source_relation = people._dbt_source_relation
    and newest.clinic_code = people.clinic_code
    and newest.patient_id = people.patient_id
