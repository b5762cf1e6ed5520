{{ config(materialized='view') }}
-- Where the project's record and its history disagree; history wins (durations.md 4, 7).
with

known_projects as (
    select * from {{ ref('known_projects') }}
),

changes as (
    select * from {{ ref('project_visit_beginnings') }}
),

out_of_order as (
    select distinct project_id from changes
    where is_out_of_order
),

last_visits as (
    select
        project_id,
        status
    from changes
    where visit_number is not null and exited_at is null
),

final as (
    select
        known_projects.project_id,
        out_of_order.project_id is not null as has_order_conflict,
        coalesce(
            known_projects.is_listed
            and known_projects.status != 'unknown'
            and last_visits.status != known_projects.status,
            false
        ) as has_status_conflict
    from known_projects
    left join out_of_order
        on known_projects.project_id = out_of_order.project_id
    left join last_visits
        on known_projects.project_id = last_visits.project_id
)

select * from final
