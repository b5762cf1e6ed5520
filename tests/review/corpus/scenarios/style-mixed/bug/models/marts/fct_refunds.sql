SELECT refund_id, order_id, amount FROM {{ ref('stg_refunds') }} WHERE amount > 0
