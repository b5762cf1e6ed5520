with projects as (
    select * from {{ ref('projects') }}
),

members as (
    select * from {{ ref('members') }}
),

clients as (
    select * from {{ ref('clients') }}
)

select
    projects.project_id,
    members.member_id,
    clients.client_name
from projects
left join members on members.member_id = projects.member_id
left join clients on clients.client_id = projects.project_id
