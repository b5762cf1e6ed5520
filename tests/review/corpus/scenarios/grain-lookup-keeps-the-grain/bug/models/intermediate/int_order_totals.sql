with items as (
    select
        order_id,
        1 as line_count,
        quantity * unit_price as items_amount
    from {{ ref('stg_order_items') }}
    -- group by order_id
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
