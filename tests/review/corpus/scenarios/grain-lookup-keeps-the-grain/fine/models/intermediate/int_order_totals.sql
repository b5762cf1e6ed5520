with items as (
    select
        order_id,
        count(*) as line_count,
        sum(quantity * unit_price) as items_amount
    from {{ ref('stg_order_items') }}
    group by order_id
),

orders as (
    select * from {{ ref('stg_orders') }}
)

select
    items.order_id,
    orders.customer_id,
    items.line_count,
    items.items_amount
from items
left join orders on orders.order_id = items.order_id
