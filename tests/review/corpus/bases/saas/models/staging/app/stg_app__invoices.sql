select
    id as invoice_id,
    subscription_id,
    cast(account_id as string) as account_ref,
    issued_on,
    safe_cast(amount as float64) as amount,
    safe_cast(discount as float64) as discount
from {{ source('app', 'invoices') }}
