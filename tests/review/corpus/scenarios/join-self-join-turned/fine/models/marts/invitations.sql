select
    users.user_id,
    inviters.user_id as invited_by_id,
    invited.user_id as invited_user_id
from {{ ref('stg_app__users') }} as users
left join {{ ref('stg_app__users') }} as inviters
    on inviters.user_id = users.invited_by_id
left join {{ ref('stg_app__users') }} as invited
    on invited.invited_by_id = users.user_id
