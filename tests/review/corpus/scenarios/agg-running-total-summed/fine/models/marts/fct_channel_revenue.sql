with daily as (
    select
        channel,
        cast(ordered_at as date) as order_date,
        order_id,
        sum(amount) over (
            partition by channel order by ordered_at, order_id rows unbounded preceding
        ) as running_total_amount
    from {{ ref('stg_orders') }}
)

select
    channel,
    max(running_total_amount) as revenue_amount
from daily
group by channel
