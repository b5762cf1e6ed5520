with orders as (
    select * from {{ ref('stg_orders') }}
),

totals as (
    select * from {{ ref('int_order_totals') }}
),

payments as (
    select * from {{ ref('int_latest_payments') }}
),

final as (
    select
        orders.order_id,
        orders.customer_id,
        orders.status,
        orders.ordered_at,
        orders.amount,
        orders.channel,
        totals.line_count,
        totals.items_amount,
        payments.payment_method,
        payments.payment_status
    from orders
    left join totals on totals.order_id = orders.order_id
    left join payments on payments.order_id = orders.order_id
)

select * from final
