with signups as (
    select * from {{ ref('stg_signups') }}
),

days as (
    select distinct channel, paid_at from signups
),

final as (
    select
        channel,
        count(*) as day_count
    from days
    group by channel
)

select * from final
