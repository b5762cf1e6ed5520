with rates as (
    select plan, discount / nullif(amount, 0) as discount_rate from {{ ref('fct_invoices') }}
)

select plan, avg(discount_rate) as discount_rate from rates group by plan
