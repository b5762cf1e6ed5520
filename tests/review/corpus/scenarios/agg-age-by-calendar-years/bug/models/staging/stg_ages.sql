select
    id as customer_id,
    birth_date,
    extract(year from current_date) - extract(year from birth_date) as age
from {{ source('shop', 'customers') }}
