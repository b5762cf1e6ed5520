select
    signup_id,
    extract(epoch from paid_at - created_at) / 60 as minutes_to_payment,
    extract(hour from created_at) as hour_of_day,
    extract(hour from paid_at - created_at) * 60 + extract(minute from paid_at - created_at) as clock
from {{ ref('stg_signups') }}
