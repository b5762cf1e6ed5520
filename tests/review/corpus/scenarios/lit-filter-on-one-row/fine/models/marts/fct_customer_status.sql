select
    customer_id,
    country,
    signed_up_at
from {{ ref('stg_customers') }}
where customer_id != 4711
    and country is not null
