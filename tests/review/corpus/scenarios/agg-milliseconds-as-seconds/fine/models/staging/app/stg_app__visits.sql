select
    id as visit_id,
    account_id,
    timestamp_millis(seen_ms) as seen_at
from {{ source('app', 'users') }}
