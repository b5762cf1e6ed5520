select
    channel,
    count(paid_at) as paid,
    count(paid_at)::numeric / nullif(count(*), 0) as paid_share,
    count(paid_at)::numeric / nullif(sum(count(paid_at)) over (), 0) as share_of_all_paid
from {{ ref('stg_signups') }}
group by channel
