with invoices as (
    select invoice_id, amount, lines
    from {{ ref('stg_app__invoice_lines') }}
)

select
    line.product,
    count(distinct invoices.invoice_id) as invoices,
    sum(invoices.amount) as revenue
from invoices
cross join unnest(invoices.lines) as line
group by 1
