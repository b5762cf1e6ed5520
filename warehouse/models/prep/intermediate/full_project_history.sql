-- Every change of a project, with its status mapped and the project it belongs to. Rows that
-- cannot be used are kept, with the reason.
with

project_history as (
    select * from {{ ref('project_history') }}
),

projects as (
    select * from {{ ref('projects') }}
),

status_map as (
    select * from {{ ref('mapped_statuses') }}
    where entity = 'project'
),

normalised as (
    select
        *,
        {{ normalised_status('raw_status') }} as normalised_status
    from project_history
),

joined as (
    select
        normalised.project_history_id,
        normalised.project_id,
        normalised.changed_at,
        normalised.changed_by_id,
        normalised.loaded_at,
        normalised.raw_status,
        normalised.project_type,
        normalised.first_active_at,
        coalesce(status_map.status, normalised.normalised_status) as status,
        case
            when normalised.normalised_status is not null
                then coalesce(status_map.category, 'unknown')
        end as category,
        -- the project's own record of its creation, else what its history says
        coalesce(projects.created_at, normalised.created_at) as created_at,
        normalised.set_aside_reason
    from normalised
    left join projects
        on
            normalised.project_id = projects.project_id
            and projects.set_aside_reason is null
    left join status_map
        on normalised.normalised_status = status_map.normalised_status
),

final as (
    select
        project_history_id,
        project_id,
        changed_at,
        changed_by_id,
        loaded_at,
        raw_status,
        project_type,
        first_active_at,
        status,
        category,
        created_at,
        coalesce(
            set_aside_reason,
            case when changed_at < created_at then 'dated_before_created' end
        ) as set_aside_reason
    from joined
)

select * from final
