select
    invoice_id,
    amount - coalesce(discount, 0) as net_amount
from {{ ref('stg_app__invoices') }}
where amount - coalesce(discount, 0) > 100
    and net_amount < 10000
