select signup_id
from {{ ref('stg_signups') }}
where paid_at is not null and (channel <> 'mail' or channel is null)
