{{ config(materialized='view') }}
-- When work on each project began, and how that is known (durations.md 9).
with

known_projects as (
    select * from {{ ref('known_projects') }}
),

project_visits as (
    select * from {{ ref('project_visits') }}
),

site as (
    select max(time_zone) as time_zone from {{ ref('calendar') }}
),

first_actives as (
    select
        project_id,
        min(entered_at) as first_active_at
    from project_visits
    where category = 'active' and not is_imputed
    group by project_id
),

dated as (
    select
        known_projects.project_id,
        coalesce(
            first_actives.first_active_at,
            known_projects.first_active_at,
            known_projects.created_at
        ) as started_at,
        case
            when first_actives.first_active_at is not null then 'active_status'
            when known_projects.first_active_at is not null then 'first_active'
            else 'created'
        end as started_at_source
    from known_projects
    left join first_actives
        on known_projects.project_id = first_actives.project_id
),

final as (
    select
        dated.*,
        {{ local_time('dated.started_at', 'site.time_zone') }} as started_local_at
    from dated
    cross join site
)

select * from final
