{% snapshot contracts_snapshot %}
{{ config(target_schema='snapshots', unique_key='contract_id', strategy='check', check_cols=['terminated_on', 'signed_on']) }}
select
    contract_id,
    carrier_id,
    signed_on,
    terminated_on
from {{ source('wms', 'contracts') }}
{% endsnapshot %}
