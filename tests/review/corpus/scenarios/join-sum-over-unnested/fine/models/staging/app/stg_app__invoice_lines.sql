select
    id as invoice_id,
    safe_cast(amount as float64) as amount,
    lines,
    tags
from {{ source('app', 'invoices') }}
qualify row_number() over (partition by id order by updated_at desc, version desc) = 1
