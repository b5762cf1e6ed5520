{{ config(materialized='incremental', unique_key='user_id') }}

select
    u.id as user_id,
    u.profile.locale as locale,
    a.name as account_name,
    greatest(u.changed_at, a.changed_at) as changed_at
from {{ source('app', 'users') }} as u
inner join {{ source('app', 'accounts') }} as a on a.id = u.account_id
{% if is_incremental() %}
where
    i.changed_at > (select max(changed_at) from {{ this }})
    or s.changed_at > (select max(changed_at) from {{ this }})
{% endif %}
