select plan, sum(discount) / nullif(sum(amount), 0) as discount_rate
from {{ ref('fct_invoices') }}
group by plan
