{{ config(materialized='incremental', unique_key='invoice_id') }}

select invoice_id, subscription_id, issued_on, amount
from {{ ref('stg_app__invoices') }}
where (amount > 0 or discount > 0)
{% if is_incremental() %}
    and (
        issued_on >= (select max(issued_on) from {{ this }})
        or invoice_id in (select invoice_id from {{ this }} where amount = 0)
    )
{% endif %}
