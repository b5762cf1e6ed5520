select
    date_trunc('month', created_at) as month,
    avg(case when channel = 'mail' then 1.0 else 0 end) as mail_share
from {{ ref('stg_signups') }}
where channel = 'mail'
group by 1
