with orders as (
    select * from {{ ref('stg_orders') }}
),

per_channel as (
    select distinct customer_id, channel from orders
),

final as (
    select
        customer_id,
        count(*) as channel_count
    from per_channel
    group by customer_id
)

select * from final
