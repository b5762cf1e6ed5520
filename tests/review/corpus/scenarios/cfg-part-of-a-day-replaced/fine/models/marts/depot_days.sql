{{ config(materialized='incremental', unique_key=['depot_id', 'arrival_date'], incremental_strategy='delete+insert') }}

select
    depot_id,
    arrived_at::date as arrival_date,
    count(*) as deliveries
from {{ ref('fct_deliveries') }}
{% if is_incremental() %}
where arrived_at >= dateadd('day', -3, current_date())
{% endif %}
group by 1, 2
