with ranked as (
    select
        order_id,
        payment_method,
        amount,
        row_number() over (partition by order_id order by paid_at desc, payment_id) as rn
    from {{ ref('stg_payments') }}
),

per_method as (
    select
        payment_method,
        count(*) as orders,
        sum(amount) as amount
    from ranked
    where rn = 1
    group by payment_method
)

select * from per_method
