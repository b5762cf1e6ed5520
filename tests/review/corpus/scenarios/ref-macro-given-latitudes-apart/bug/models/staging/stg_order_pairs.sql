with source as (
    select * from {{ source('shop', 'orders') }}
)

select
    id as order_id,
    amount_1,
    amount_2,
    updated_1,
    updated_2
from source
