with customers as (
    select * from {{ ref('stg_customers') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

per_customer as (
    select
        customer_id,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        count(*) as order_count,
        sum(amount) as total_amount
    from orders
    group by customer_id
),

final as (
    select
        customers.customer_id,
        customers.country,
        customers.signed_up_at,
        per_customer.first_ordered_at,
        per_customer.last_ordered_at,
        coalesce(per_customer.order_count, 0) as order_count,
        per_customer.total_amount,
        case
            when per_customer.order_count > 10 then 'loyal'
            when per_customer.order_count > 0 then 'active'
            else 'prospect'
        end as segment
    from per_customer
    left join customers on customers.customer_id = per_customer.customer_id
)

select * from final
