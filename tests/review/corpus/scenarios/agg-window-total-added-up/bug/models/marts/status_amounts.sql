with orders as (
    select
        status,
        amount,
        sum(amount) over (partition by customer_id) as customer_amount,
        amount / nullif(sum(amount) over (partition by customer_id), 0) as part
    from {{ ref('stg_orders') }}
)

select
    status,
    sum(customer_amount) as amount,
    max(customer_amount) as largest_customer_amount,
    avg(part) as mean_part
from orders
group by status
