with orders as (
    select
        customer_id,
        date_trunc('month', ordered_at) as order_month,
        sum(amount) as ordered_amount
    from {{ ref('stg_orders') }}
    group by 1, 2
),

payments as (
    select
        orders.customer_id,
        date_trunc('month', payments.paid_at) as order_month,
        sum(payments.amount) as paid_amount
    from {{ ref('stg_payments') }} as payments
    inner join {{ ref('stg_orders') }} as orders on orders.order_id = payments.order_id
    group by 1, 2
)

select
    coalesce(orders.customer_id, payments.customer_id) as customer_id,
    coalesce(orders.order_month, payments.order_month) as order_month,
    orders.ordered_amount,
    payments.paid_amount
from orders
full outer join payments on payments.order_month = orders.order_month
