{{ config(materialized='incremental', unique_key='refund_id') }}

select
    refund_id,
    order_id,
    amount,
    refunded_at
from {{ ref('stg_refunds') }}
{% if is_incremental %}
where refunded_at >= (select coalesce(max(refunded_at), '1970-01-01') from {{ this }})
{% endif %}
