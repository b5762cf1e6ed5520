select
    cast(id as int64) as account_id,
    name as account_name,
    safe_cast(seat_count as int64) as seat_count,
    lower(region) as region,
    created_at
from {{ source('app', 'accounts') }}
