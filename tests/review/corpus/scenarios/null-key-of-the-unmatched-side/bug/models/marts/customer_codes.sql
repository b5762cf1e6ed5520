select
    totals.customer_id,
    customers.country,
    totals.order_count
from {{ ref('stg_customers') }} as customers
left join {{ ref('dim_customers') }} as totals on totals.customer_id = customers.customer_id
