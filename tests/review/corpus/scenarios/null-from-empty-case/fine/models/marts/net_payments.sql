select
    order_id,
    sum(case when payment_status = 'SETTLED' then amount else 0 end)
        - sum(case when payment_status = 'FAILED' then amount else 0 end) as net_amount
from {{ ref('stg_payments') }}
group by order_id
