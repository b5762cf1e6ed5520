{{ config(materialized='table') }}

select
    clinic_code,
    visit_id,
    visited_on
from {{ ref('stg_visits') }}
where visit_type = 'OFFICE'
    -- no visits that are still to come
    {%- if var('only_past', true) -%}
    and visited_on <= current_date
    {%- endif %}
