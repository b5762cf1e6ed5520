with source as (
    select * from {{ source('care_platform', 'members') }}
)

select
    user_id as member_id,
    user_name as member_name,
    email,
    client_id,
    created as created_at,
    _fivetran_deleted as is_deleted
from source
