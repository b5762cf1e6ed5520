{{ config(materialized='incremental', unique_key=['depot_id', 'arrival_date']) }}

select
    depot_id,
    date_trunc('day', arrived_at) as arrival_date,
    max(arrived_at) as last_arrived_at,
    count(*) as deliveries
from {{ ref('fct_deliveries') }}
{% if is_incremental() %}
where arrived_at >= (select max(arrival_date) from {{ this }})
{% endif %}
group by 1, 2
