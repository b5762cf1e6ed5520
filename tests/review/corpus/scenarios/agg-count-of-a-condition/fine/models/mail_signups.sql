select
    date_trunc('month', created_at) as month,
    count(*) filter (where channel = 'mail') as mail_signups,
    count(case when channel = 'web' then 1 end) as web_signups
from {{ ref('stg_signups') }}
group by 1
