select
    orders.order_id,
    billing.country as billing_country,
    shipping.country as shipping_country
from {{ ref('stg_orders') }} as orders
left join (
    select customer_id, country from {{ ref('stg_customers') }}
) as billing on billing.customer_id = orders.billing_address_id
left join (
    select customer_id, country from {{ ref('stg_customers') }}
) as shipping on shipping.customer_id = orders.shipping_address_id
