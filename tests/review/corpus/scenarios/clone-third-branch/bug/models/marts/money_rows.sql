select 'orders' as kind, order_id as row_id, amount from {{ ref('stg_orders') }}
union all
select 'payments' as kind, payment_id as row_id, amount from {{ ref('stg_payments') }}
union all
select 'orders' as kind, refund_id as row_id, amount from {{ ref('stg_refunds') }}
