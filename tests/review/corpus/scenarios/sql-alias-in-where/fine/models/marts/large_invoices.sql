select
    invoice_id,
    amount - coalesce(discount, 0) as net_amount
from {{ ref('stg_app__invoices') }}
where amount - coalesce(discount, 0) > 100
qualify row_number() over (partition by invoice_id order by net_amount) = 1
