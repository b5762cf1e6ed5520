with orders as (
    select * from {{ ref('stg_orders') }}
),

reviews as (
    select * from {{ ref('stg_reviews') }}
)

select
    orders.customer_id,
    sum(orders.amount) as revenue,
    avg(reviews.rating) as average_rating
from orders
left join reviews on orders.order_id = reviews.order_id
group by orders.customer_id
