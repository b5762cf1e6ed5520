select
    users.user_id,
    inviters.user_id as invited_by_id,
    inviters.account_id as inviting_account_id
from {{ ref('stg_app__users') }} as users
left join {{ ref('stg_app__users') }} as inviters
    on inviters.invited_by_id = users.user_id
