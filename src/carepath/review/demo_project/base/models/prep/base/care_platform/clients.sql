with source as (
    select * from {{ source('care_platform', 'clients') }}
)

select
    id as client_id,
    name as client_name,
    client_size,
    client_industry
from source
