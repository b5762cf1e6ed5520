with orders as (
    select * from {{ ref('fct_orders') }}
),

customers as (
    select * from {{ ref('dim_customers') }}
)

select
    cast(orders.ordered_at as date) as order_date,
    customers.country,
    count(*) as order_count,
    sum(orders.amount) as revenue_amount,
    sum(case when orders.status = 'completed' then orders.amount else 0 end) as completed_amount,
    sum(case when orders.status = 'shipped' then orders.amount else 0 end) as shipped_amount,
    sum(case when orders.status = 'returned' then orders.amount else 0 end) as returned_amount
from orders
inner join customers on customers.customer_id = orders.customer_id
group by 1, 2  -- date; country
