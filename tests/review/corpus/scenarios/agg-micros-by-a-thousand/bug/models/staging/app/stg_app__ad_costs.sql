select
    id as cost_id,
    account_id,
    round(cost_micros / 1000, 2) as cost
from {{ source('app', 'invoices') }}
