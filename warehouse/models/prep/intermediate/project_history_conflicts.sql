-- Where the project's record and its history disagree; history wins (durations.md 4, 7).
with

history as (
    select
        *,
        try_cast(project_history_id as decimal(38, 6)) as history_number
    from {{ ref('full_project_history') }}
    where set_aside_reason is null
),

known_projects as (
    select * from {{ ref('known_projects') }}
),

ordered as (
    select
        *,
        lag(history_number) over (
            partition by project_id
            order by changed_at, history_number nulls last, project_history_id
        ) as previous_history_number,
        row_number() over (
            partition by project_id
            order by
                case when status is null then 1 else 0 end,
                changed_at desc nulls last,
                history_number desc nulls first,
                project_history_id desc nulls last
        ) as recency
    from history
),

final as (
    select
        known_projects.project_id,
        count(ordered.project_id) as history_row_count,
        coalesce(
            max(
                case when ordered.history_number < ordered.previous_history_number then 1 else 0 end
            ),
            0
        ) = 1 as has_order_conflict,
        coalesce(
            max(
                case
                    when
                        known_projects.is_listed
                        and ordered.recency = 1
                        and known_projects.status != 'unknown'
                        and ordered.status != known_projects.status
                        then 1
                    else 0
                end
            ),
            0
        ) = 1 as has_status_conflict
    from known_projects
    left join ordered
        on known_projects.project_id = ordered.project_id
    group by known_projects.project_id
)

select * from final
