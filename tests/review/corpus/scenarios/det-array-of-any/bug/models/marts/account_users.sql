select
    account_id,
    count(*) as users,
    array_agg(user_name limit 1)[offset(0)] as first_user_name
from {{ ref('stg_app__users') }}
group by account_id
