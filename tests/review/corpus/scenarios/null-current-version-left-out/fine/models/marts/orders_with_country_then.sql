with orders as (
    select * from {{ ref('stg_orders') }}
),

versions as (
    select
        customer_id,
        country,
        dbt_valid_from as valid_from,
        dbt_valid_to as valid_to
    from {{ ref('customers_snapshot') }}
)

select
    orders.order_id,
    versions.country
from orders
left join versions
    on versions.customer_id = orders.customer_id
    and orders.ordered_at >= versions.valid_from
    and (orders.ordered_at < versions.valid_to or versions.valid_to is null)
