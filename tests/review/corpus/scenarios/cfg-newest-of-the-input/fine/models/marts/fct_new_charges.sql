{{ config(materialized='incremental', unique_key='charge_id') }}

select
    clinic_code,
    charge_id,
    visit_id,
    amount,
    charged_at
from {{ ref('stg_charges') }}
{% if is_incremental() %}
where charged_at > (select max(charged_at) from {{ this }})
{% endif %}
