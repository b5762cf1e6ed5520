with signups as (
    select * from {{ ref('stg_signups') }}
    where paid_at is not null
)

select
    channel,
    count(*) as signups,
    count(paid_at) * 1.0 / count(*) as payment_rate
from signups
group by channel
