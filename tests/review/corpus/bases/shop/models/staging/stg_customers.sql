with source as (
    select * from {{ source('shop', 'customers') }}
)

select
    id as customer_id,
    first_name,
    last_name,
    email,
    country,
    referrer_id,
    created_at as signed_up_at
from source
