select
    user_id as member_id,
    user_name as member_name,
    email,
    client_id,
    created as created_at
from {{ source('care_platform', 'members') }}
