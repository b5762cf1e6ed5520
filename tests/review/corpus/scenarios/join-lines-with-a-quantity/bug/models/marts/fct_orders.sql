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
        orders.channel,
        orders.amount,
        totals.line_count,
        totals.items_amount,
        payments.payment_method,
        payments.payment_status,
        items.product_id as bought_product_id
    from orders
    left join totals on totals.order_id = orders.order_id
    left join payments on payments.order_id = orders.order_id
    left join {{ ref('stg_order_items') }} as items
        on items.order_id = orders.order_id and items.quantity > 0
)

select * from final
