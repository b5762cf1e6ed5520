select
    id as user_id,
    account_id,
    tags
from {{ source('app', 'users') }}
