{{ config(materialized='incremental', unique_key=['customer_id', 'day']) }}

with days as (
    select
        customer_id,
        cast(ordered_at as date) as day,
        sum(amount) as amount
    from {{ ref('stg_orders') }}
    group by 1, 2
),

recent as (
    select
        customer_id,
        day,
        sum(amount) as amount
    from days
    
    group by customer_id, day
),

compared as (
    select
        customer_id,
        day,
        amount,
        lag(amount) over (partition by customer_id order by day) as previous_amount
    from recent
)

select * from compared
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
