with matched as (
    select payments.order_id
    from {{ ref('stg_orders') }} as orders
    left join {{ ref('stg_payments') }} as payments on payments.order_id = orders.order_id
)

select order_id
from {{ ref('stg_orders') }}
where order_id not in (select order_id from matched)
