with invoices as (
    select invoice_id, amount, lines, tags
    from {{ ref('stg_app__invoice_lines') }}
),

per_tag as (
    select tag, sum(invoices.amount) as tagged
    from invoices
    cross join unnest(invoices.tags) as tag
    group by tag
),

per_line as (
    select
        invoices.invoice_id,
        line.product,
        sum(invoices.amount / array_length(invoices.lines)) as part
    from invoices
    cross join unnest(invoices.lines) as line
    group by 1, 2
)

select
    line.product,
    count(distinct invoices.invoice_id) as invoices,
    sum(line.price * line.quantity) as revenue
from invoices
cross join unnest(invoices.lines) as line
group by 1
