with daily as (
    select
        country,
        order_count as orders,
        returned_amount as returned
    from {{ ref('fct_daily_revenue') }}
)

select
    country,
    {{ rate('sum(returned)', 'sum(orders)') }} as return_rate
from daily
group by country
