select customer_id, sum(amount) as amount
from {{ ref('flagged_orders') }}
where not is_test
group by customer_id
