with orders as (
    select * from {{ ref('stg_orders') }}
)

select
    customer_id,
    sum(case when updated_at is not null then 1 else 0 end) as closed_orders,
    sum(case when updated_at is null then 1 else 0 end) as open_orders,
    sum(case when updated_at is not null then amount else 0 end) as open_amount,
    sum(case when updated_at is null then amount else 0 end) as closed_amount
from orders
group by customer_id
