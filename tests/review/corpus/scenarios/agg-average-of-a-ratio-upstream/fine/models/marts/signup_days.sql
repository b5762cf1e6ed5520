with signed_up as (
    select channel, created_at::date as day, count(*) as signups
    from {{ ref('stg_signups') }}
    group by 1, 2
),

paid as (
    select channel, created_at::date as day, count(*) as paid
    from {{ ref('stg_signups') }}
    where paid_at is not null
    group by 1, 2
)

select
    signed_up.channel,
    signed_up.day,
    signed_up.signups,
    coalesce(paid.paid, 0) as paid,
    coalesce(paid.paid, 0)::numeric / nullif(signed_up.signups, 0) as uptake
from signed_up
left join paid on paid.channel = signed_up.channel and paid.day = signed_up.day
