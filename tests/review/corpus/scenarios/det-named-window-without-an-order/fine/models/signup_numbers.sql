select
    signup_id,
    channel,
    row_number() over w as signup_number
from {{ ref('stg_signups') }}
window w as (partition by channel order by created_at, signup_id)
