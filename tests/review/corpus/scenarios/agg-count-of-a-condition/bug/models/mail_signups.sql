select
    date_trunc('month', created_at) as month,
    count(channel = 'mail') as mail_signups
from {{ ref('stg_signups') }}
group by 1
