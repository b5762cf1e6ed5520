select
    customer_id,
    country,
    cast(signed_up_at as date) as seen_on
from {{ ref('stg_customers') }}
