select channel, count(paid_at) * 1.0 / count(*) as paid_rate
from {{ ref('stg_signups') }}
group by channel
