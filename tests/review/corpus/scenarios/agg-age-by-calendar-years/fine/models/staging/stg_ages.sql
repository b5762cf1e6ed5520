select
    id as customer_id,
    birth_date,
    floor(datediff('day', birth_date, current_date) / 365.25) as age
from {{ source('shop', 'customers') }}
