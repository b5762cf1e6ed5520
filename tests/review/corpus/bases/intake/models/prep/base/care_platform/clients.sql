select
    id as client_id,
    name as client_name,
    client_size,
    verification_type
from {{ source('care_platform', 'clients') }}
