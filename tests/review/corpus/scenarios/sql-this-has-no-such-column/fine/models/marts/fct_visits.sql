{{ config(materialized='incremental', unique_key=['clinic_code', 'visit_id']) }}

select
    clinic_code,
    visit_id,
    visit_type,
    visited_on,
    updated_at as changed_at
from {{ ref('stg_visits') }}
{% if is_incremental() %}
where updated_at > (select coalesce(max(changed_at), '2000-01-01') from {{ this }})
{% endif %}
