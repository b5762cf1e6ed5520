select
    user_id,
    account_id,
    last_seen_at
from {{ ref('stg_app__users') }}
where last_seen_at >= timestamp_sub(current_timestamp(), interval 30 day)
    and date(last_seen_at) >= date_sub(current_date(), interval 30 day)
