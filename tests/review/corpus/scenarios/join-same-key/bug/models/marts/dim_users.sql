with users as (
    select * from {{ ref('stg_app__users') }}
)

select
    users.user_id,
    inviters.user_name as inviter_name,
    approvers.user_name as approver_name
from users
left join users as inviters on inviters.user_id = users.invited_by_id
left join users as approvers on approvers.user_id = users.invited_by_id
