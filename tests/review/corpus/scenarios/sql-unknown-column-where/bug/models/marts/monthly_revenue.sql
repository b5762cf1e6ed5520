select
    date_trunc(issued_on, month) as month,
    plan,
    count(*) as invoice_count,
    sum(amount) as revenue
from {{ ref('fct_invoices') }}
where issued_at >= '2020-01-01'
group by 1, 2
