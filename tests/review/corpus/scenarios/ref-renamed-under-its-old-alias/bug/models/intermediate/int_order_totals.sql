with items as (
    select * from {{ ref('stg_order_items') }}
)

select
    order_id,
    count(*) as lines,
    sum(quantity * unit_price) as items_amount
from items
group by order_id
