{{ config(materialized='incremental', unique_key='customer_id', merge_exclude_columns=['first_ordered_on']) }}

with orders as (
    select * from {{ ref('stg_orders') }}
    {% if is_incremental() %}
    where updated_at > (select max(last_updated_at) from {{ this }})
    {% endif %}
)

select
    customer_id,
    cast(min(ordered_at) as date) as first_ordered_on,
    max(updated_at) as last_updated_at
from orders
group by customer_id
