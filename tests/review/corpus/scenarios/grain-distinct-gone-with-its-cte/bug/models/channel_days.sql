with signups as (
    select * from {{ ref('stg_signups') }}
),

final as (
    select
        channel,
        count(*) as day_count
    from signups
    group by channel
)

select * from final
