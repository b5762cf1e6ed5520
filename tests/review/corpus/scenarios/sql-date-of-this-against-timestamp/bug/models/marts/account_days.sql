{{ config(materialized='incremental', unique_key=['account_id', 'seen_on']) }}

select
    account_id,
    date(last_seen_at) as seen_on,
    count(*) as users
from {{ ref('stg_app__users') }}
{% if is_incremental() %}
where last_seen_at >= (select max(seen_on) from {{ this }})
{% endif %}
group by account_id, date(last_seen_at)
