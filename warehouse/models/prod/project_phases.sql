-- One row per project and visit of a status: how long it stayed there, up to `as_of` while it does.
with

project_visits as (
    select * from {{ ref('project_visits') }}
),

moment as (
    select max(as_of) as as_of from {{ ref('data_freshness') }}
),

final as (
    select
        project_visits.project_id,
        project_visits.visit_number,
        project_visits.status,
        project_visits.category,
        project_visits.entered_at,
        project_visits.exited_at,
        project_visits.is_open,
        project_visits.is_imputed,
        {{ seconds_between(
            'project_visits.entered_at', 'coalesce(project_visits.exited_at, moment.as_of)'
        ) }} as seconds
    from project_visits
    cross join moment
)

select * from final
