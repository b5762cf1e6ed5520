select order_id, refunded_at, amount
from (
    select
        *,
        amount > 0 as is_valid_amount
    from {{ ref('stg_refunds') }}
    qualify row_number() over (partition by order_id order by refunded_at desc, refund_id) = 1
) as refunds
where is_valid_amount
