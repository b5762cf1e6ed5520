select
    order_id,
    sum(case when payment_status = 'SETTLED' then amount end)
        - sum(case when payment_status = 'FAILED' then amount end) as net_amount
from {{ ref('stg_payments') }}
group by order_id
