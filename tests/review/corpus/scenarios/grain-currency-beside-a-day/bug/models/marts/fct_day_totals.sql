{{ config(materialized='incremental', unique_key='day') }}

select
    cast(ordered_at as date) as day,
    channel,
    sum(amount) as amount
from {{ ref('stg_orders') }}
group by 1, 2
