with accounts as (
    select * from {{ ref('stg_app__accounts') }}
),

subscriptions as (
    select
        account_id,
        {% for plan in var('plans') %}
        countif(plan = '{{ plan | lower }}') as {{ plan }}_count,
        {% endfor %}
        max(started_at) as latest_started_at,
        min(started_at) as first_started_at
    from {{ ref('stg_app__subscriptions') }}
    group by account_id
)

select
    accounts.account_id,
    accounts.account_name,
    accounts.region,
    accounts.seat_count,
    subscriptions.free_count,
    subscriptions.team_count,
    subscriptions.enterprise_count,
    subscriptions.latest_started_at
from accounts
left join subscriptions using (account_id)
