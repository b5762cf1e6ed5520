{{ config(materialized='incremental', incremental_strategy='merge', unique_key=['user_id']) }}

select
    u.user_id,
    u.locale,
    a.name as account_name
from {{ source('app', 'users') }} as u
inner join {{ source('app', 'accounts') }} as a on a.id = u.account_id
{% if is_incremental() %}
where u.changed_on >= current_date - 3 or a.changed_on >= current_date - 3
{% endif %}
