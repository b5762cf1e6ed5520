select
    country,
    order_date,
    revenue_amount,
    sum(revenue_amount) over (partition by country) as country_revenue,
    sum(revenue_amount) over (partition by country order by order_date) as running_revenue
from {{ ref('fct_daily_revenue') }}
