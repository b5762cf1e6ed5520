select country, count(*) as customer_count
from {{ ref('customers_daily') }}
where seen_on = (select max(seen_on) from {{ ref('customers_daily') }})
group by country
