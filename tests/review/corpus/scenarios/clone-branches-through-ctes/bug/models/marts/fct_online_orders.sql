with web as (
    select order_id, amount
    from {{ ref('stg_orders') }}
    where channel = 'web'
),

app as (
    select order_id, amount
    from {{ ref('stg_orders') }}
    where channel = 'web'
),

final as (
    select * from web
    union all
    select * from app
)

select * from final
