select
    accounts.account_id,
    tag
from {{ ref('stg_app__accounts') }} as accounts
left join {{ ref('stg_app__user_tags') }} as users
    on users.account_id = accounts.account_id
cross join unnest(users.tags) as tag
