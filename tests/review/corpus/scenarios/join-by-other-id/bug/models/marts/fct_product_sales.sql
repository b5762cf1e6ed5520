with items as (
    select * from {{ ref('stg_order_items') }}
),

products as (
    select * from {{ ref('stg_products') }}
)

select
    products.category,
    sum(items.quantity) as units_sold,
    sum(items.quantity * (items.unit_price - products.unit_cost)) as margin_amount
from items
left join products on products.product_id = items.order_id
group by products.category
