{{ config(materialized='incremental', unique_key='order_id') }}

with orders as (
    select * from {{ ref('stg_orders') }}
    {% if is_incremental() %}
    where customer_id in (
        select customer_id from {{ ref('stg_orders') }}
        where updated_at > (select max(updated_at) from {{ this }})
    )
    {% endif %}
),

final as (
    select
        order_id,
        customer_id,
        channel,
        updated_at,
        first_value(channel) over (partition by customer_id order by ordered_at, order_id) as first_channel
    from orders
)

select * from final
