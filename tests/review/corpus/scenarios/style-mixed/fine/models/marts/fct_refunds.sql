select refund_id, order_id, amount from {{ ref('stg_refunds') }} where amount > 0
