with orders as (
    select order_id, customer_id, is_test
    from {{ ref('flagged_orders') }}
    where not is_test
),

test_orders as (
    select order_id
    from {{ ref('flagged_orders') }}
    where is_test
)

select
    orders.customer_id,
    count(*) as orders,
    (select count(*) from test_orders) as test_orders
from orders
group by orders.customer_id
