select
    customer_id,
    sum(amount) as kept_amount
from {{ ref('int_flagged_orders') }}
where not is_refunded
group by customer_id
