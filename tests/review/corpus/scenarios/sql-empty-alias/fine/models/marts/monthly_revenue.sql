select
    date_trunc(issued_on, month) as month,
    plan,
    count(*) as invoice_count,
    sum(amount) as revenue,
    sum(discount) as discount
from {{ ref('fct_invoices') }}
group by 1, 2
