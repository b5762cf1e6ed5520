select
    customer_id,
    split_part(email, '@', 2) as email_domain
from {{ ref('stg_customers') }}
