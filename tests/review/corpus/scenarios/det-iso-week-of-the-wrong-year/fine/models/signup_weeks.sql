select
    to_char(created_at, 'IYYY-IW') as signup_week,
    to_char(min(created_at), 'YYYY-MM-DD') as first_day,
    count(*) as signups
from {{ ref('stg_signups') }}
group by 1
