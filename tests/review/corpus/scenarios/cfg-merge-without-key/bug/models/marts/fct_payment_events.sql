{{ config(
    materialized='incremental',
    incremental_strategy='merge'
) }}

select
    payment_id,
    order_id,
    payment_status,
    paid_at
from {{ ref('stg_payments') }}
{% if is_incremental() %}
where paid_at >= (select coalesce(max(paid_at), '1970-01-01') from {{ this }})
{% endif %}
