select
    to_char(created_at, 'YYYY-IW') as signup_week,
    count(*) as signups
from {{ ref('stg_signups') }}
group by 1
