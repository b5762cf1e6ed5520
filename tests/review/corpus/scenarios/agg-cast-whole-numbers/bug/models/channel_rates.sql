with signups as (
    select
        channel,
        (paid_at is not null)::int as is_paid
    from {{ ref('stg_signups') }}
)

select
    channel,
    sum(is_paid) / count(*) as paid_rate
from signups
group by channel
