with daily as (
    select
        cast(ordered_at as date) as order_date,
        count(distinct order_id) as orders,
        count(distinct customer_id) as customers,
        sum(amount) as amount
    from {{ ref('fct_orders') }}
    group by 1
)

select
    date_trunc('month', order_date) as order_month,
    sum(orders) as orders,
    sum(customers) as customers,
    sum(amount) as amount
from daily
group by 1
