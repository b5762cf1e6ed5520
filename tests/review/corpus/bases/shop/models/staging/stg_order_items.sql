with source as (
    select * from {{ source('shop', 'order_items') }}
)

select
    order_id,
    line_number,
    product_id,
    quantity,
    {{ cents_to_dollars('price_cents') }} as unit_price
from source
