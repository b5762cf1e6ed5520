with items as (
    select * from {{ ref('stg_order_items') }}
)

select
    order_id,
    count(*) as line_count,
    sum(quantity * unit_price) as items_amount
from items
where order_id in (select order_id from {{ ref('fct_orders') }})
group by order_id
