select
    order_id,
    sum(case when payment_method = 'card' then amount end) as card_amount,
    sum(case when payment_method = 'cash' then amount end) as cash_amount,
    sum(case when payment_method = 'cash' then 1 else 0 end) as cash_payments,
    count(*) as payments
from {{ ref('stg_payments') }}
group by order_id
