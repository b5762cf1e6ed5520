select
    date_trunc('month', created_at) as month,
    avg(case when channel = 'mail' then 1.0 else 0 end) as mail_share,
    sum(case when channel = 'mail' then 1 else 0 end) as mail_signups
from {{ ref('stg_signups') }}
where channel is not null
group by 1
