select
    signup_id,
    extract(minute from paid_at - created_at) as minutes_to_payment
from {{ ref('stg_signups') }}
