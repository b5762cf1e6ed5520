select
    id as user_id,
    account_id,
    invited_by_id,
    approved_by_id,
    user_name,
    safe_cast(last_seen_at as timestamp) as last_seen_at
from {{ source('app', 'users') }}
