{% snapshot visits_snapshot %}
{{
    config(
        target_schema='snapshots',
        unique_key='visit_id',
        strategy='timestamp',
        updated_at='updated_at',
    )
}}
select
    clinic_code,
    visit_id,
    visit_type,
    updated_at
from {{ ref('stg_visits') }}
{% endsnapshot %}
