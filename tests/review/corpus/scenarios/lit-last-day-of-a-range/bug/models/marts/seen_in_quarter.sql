select
    account_id,
    count(*) as seen_users
from {{ ref('stg_app__users') }}
where last_seen_at between '2025-04-01' and '2025-06-30'
group by account_id
