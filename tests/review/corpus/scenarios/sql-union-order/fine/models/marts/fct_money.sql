select order_id as id, amount, ordered_at as happened_at from {{ ref('stg_orders') }}
union all
select refund_id, amount, refunded_at from {{ ref('stg_refunds') }}
