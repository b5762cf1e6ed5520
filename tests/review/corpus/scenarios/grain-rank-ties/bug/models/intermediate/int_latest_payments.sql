with payments as (
    select * from {{ ref('stg_payments') }}
)

select *
from payments
qualify rank() over (partition by order_id order by paid_at desc) = 1
