select
    customer_id,
    lower(email) as contact
from {{ ref('stg_customers') }}
