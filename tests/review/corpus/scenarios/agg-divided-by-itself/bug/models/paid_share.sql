select
    channel,
    count(paid_at) as paid,
    count(paid_at)::numeric / nullif(count(paid_at), 0) as paid_share
from {{ ref('stg_signups') }}
group by channel
