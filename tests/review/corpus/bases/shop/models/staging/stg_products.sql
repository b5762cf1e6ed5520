with source as (
    select * from {{ source('shop', 'products') }}
)

select
    id as product_id,
    name as product_name,
    category,
    {{ cents_to_dollars('cost_cents') }} as unit_cost
from source
