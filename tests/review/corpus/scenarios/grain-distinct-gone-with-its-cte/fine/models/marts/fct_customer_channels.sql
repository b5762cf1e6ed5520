with orders as (
    select * from {{ ref('stg_orders') }}
),

final as (
    select
        customer_id,
        count(distinct channel) as channel_count
    from orders
    group by customer_id
)

select * from final
