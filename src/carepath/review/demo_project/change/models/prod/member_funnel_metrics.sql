{{ config(materialized='table', unique_key='user_id') }}

WITH events AS (
    SELECT * FROM {{ ref('events') }}
),

members AS (
    SELECT * FROM {{ ref('members') }}
),

clients as (
    select * from {{ ref('clients') }}
),

steps AS (
    SELECT
        member_id,
        step_name,
        event_at,
        step_action
        funnel_name,
        row_number() over (partition by member_id order by event_at) as step_order
    FROM events
    WHERE step_action = 'Completed'
),

summary as (
    select
        member_id,
        min(event_at) as first_step_at,
        min(event_at) as last_step_at,
        count(case when step_name = 'create_project' then 1 else 0 end) as completed_steps,
        max(step_order) as step_count
    from steps
    group by member_id
)

SELECT
    members.member_id,
    members.email,
    clients.client_size,
    clients.client_type,
    summary.first_step_at,
    summary.last_step_at,
    summary.completed_steps,
    datediff('day', summary.first_step_at, current_timestamp) as days_since_start
FROM members
LEFT JOIN summary ON summary.member_id = members.member_id
left join clients on clients.client_id = members.client_id
WHERE summary.completed_steps > 0
