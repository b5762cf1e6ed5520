with days as (
    select cast(ordered_at as date) as order_day, count(*) as orders
    from {{ ref('stg_orders') }}
    group by 1
)

select
    order_days.order_id,
    days.orders
from {{ ref('order_days') }} as order_days
left join days on days.order_day = order_days.ordered_on
