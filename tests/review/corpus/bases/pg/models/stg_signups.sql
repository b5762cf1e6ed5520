select
    id as signup_id,
    channel,
    created_at,
    paid_at
from {{ source('web', 'signups') }}
