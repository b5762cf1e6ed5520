select channel, count(paid_at) / count(*) as paid_rate
from {{ ref('stg_signups') }}
group by channel
