{% snapshot accounts_snapshot %}
{{
    config(
        target_schema='snapshots',
        unique_key='id',
        strategy='timestamp',
        updated_at='updated_at',
    )
}}
select
    id,
    name,
    region,
    created_at,
    updated_at
from {{ source('app', 'accounts') }}
{% endsnapshot %}
