with invoices as (
    select * from {{ ref('stg_app__invoices') }}
),

subscriptions as (
    select * from {{ ref('stg_app__subscriptions') }}
)

select
    {{ dbt_utils.generate_surrogate_key(['invoices.invoice_id']) }} as invoice_key,
    invoices.invoice_id,
    invoices.subscription_id,
    subscriptions.account_id,
    subscriptions.plan,
    invoices.issued_on,
    invoices.amount,
    invoices.discount
from invoices
left join subscriptions on subscriptions.subscription_id = invoices.subscription_id
{% if target.name == 'dev' %}
limit 1000
{% endif %}
