with order_items as (
    select * from {{ ref('stg_order_returns') }}
)

select
    order_id,
    count(*) as item_count
from order_items
group by order_id
