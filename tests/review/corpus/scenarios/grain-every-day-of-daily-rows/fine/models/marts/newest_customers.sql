select customer_id
from {{ ref('customers_daily') }}
where seen_on = (select max(seen_on) from {{ ref('customers_daily') }})
