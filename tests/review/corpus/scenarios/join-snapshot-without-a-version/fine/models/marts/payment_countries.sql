with current_customers as (
    select customer_id, country
    from {{ ref('customers_snapshot') }}
    where dbt_valid_to is null
)

select
    payments.payment_id,
    payments.amount,
    customers.country,
    current_customers.country as country_now
from {{ ref('stg_payments') }} as payments
inner join {{ ref('stg_orders') }} as orders on orders.order_id = payments.order_id
left join {{ ref('customers_snapshot') }} as customers
    on customers.customer_id = orders.customer_id
    and payments.paid_at >= customers.dbt_valid_from
    and (payments.paid_at < customers.dbt_valid_to or customers.dbt_valid_to is null)
left join current_customers on current_customers.customer_id = orders.customer_id
