select
    {{ dbt_utils.generate_surrogate_key(['customer_id', 'ordered_month']) }} as customer_month_key,
    customer_id,
    shipping_address_id,
    ordered_month,
    count(*) as order_count,
    sum(amount) as amount
from (
    select
        customer_id,
        shipping_address_id,
        date_trunc('month', ordered_at) as ordered_month,
        amount
    from {{ ref('stg_orders') }}
) as orders
group by customer_id, shipping_address_id, ordered_month
