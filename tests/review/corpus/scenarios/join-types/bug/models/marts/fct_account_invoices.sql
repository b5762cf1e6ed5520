select
    invoices.invoice_id,
    accounts.region
from {{ ref('stg_app__invoices') }} as invoices
left join {{ ref('stg_app__accounts') }} as accounts
    on accounts.account_id = invoices.account_ref
