select
    country,
    order_date,
    revenue_amount,
    sum(revenue_amount) over (partition by country) as running_revenue
from {{ ref('fct_daily_revenue') }}
