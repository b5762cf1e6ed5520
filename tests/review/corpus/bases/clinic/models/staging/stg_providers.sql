select
    provider_id,
    provider_name,
    specialty
from {{ source('ehr', 'providers') }}
