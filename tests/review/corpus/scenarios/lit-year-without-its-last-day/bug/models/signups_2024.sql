select channel, count(*) as signups
from {{ ref('stg_signups') }}
where created_at >= '2024-01-01' and created_at < '2024-12-31'
group by channel
