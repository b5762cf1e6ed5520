with members as (
    select * from {{ ref('members') }}
),

clients as (
    select * from {{ ref('clients') }}
),

steps as (
    select
        member_id,
        min(first_at) as entered_at,
        max(last_at) as last_step_at,
        count(*) as step_count
    from {{ ref('member_steps') }}
    group by member_id
)

select
    members.member_id,
    members.client_id,
    members.created_at as signed_up_at,
    clients.client_size,
    steps.entered_at,
    steps.last_step_at,
    coalesce(steps.step_count, 0) as step_count
from members
left join clients on clients.client_id = members.client_id
left join steps on steps.member_id = members.member_id
