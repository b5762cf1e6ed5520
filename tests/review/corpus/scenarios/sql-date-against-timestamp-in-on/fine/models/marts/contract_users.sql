with contracts as (
    select
        account_id,
        max(cast(ended_at as date)) as ended_on
    from {{ ref('stg_app__subscriptions') }}
    group by account_id
)

select
    users.user_id,
    users.account_id,
    contracts.ended_on
from {{ ref('stg_app__users') }} as users
inner join contracts
    on users.account_id = contracts.account_id
    and date(users.last_seen_at) <= contracts.ended_on
