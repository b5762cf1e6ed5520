-- Of the people of a client who went on to any later step, how many did this one, week by week of
-- entry: what tells whether the step existed for that client then (funnel.md 14, 28).
with

member_cohorts as (
    select * from {{ ref('member_cohorts') }}
),

member_step_opens as (
    select * from {{ ref('member_step_opens') }}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

-- steps whose dates the definitions do not say; the first and the last cannot be inferred
undated_steps as (
    select step_number
    from intake_steps
    where step_number > 1 and not is_last_step and valid_from is null and valid_to is null
),

furthest_steps as (
    select
        member_id,
        max(step_number) as furthest_step_number
    from member_step_opens
    group by member_id
),

final as (
    select
        member_cohorts.entry_client_id,
        undated_steps.step_number,
        member_cohorts.entered_week_date,
        count(*) as passing_count,
        count(member_step_opens.member_id) as doing_count
    from member_cohorts
    inner join furthest_steps
        on member_cohorts.member_id = furthest_steps.member_id
    inner join undated_steps
        on furthest_steps.furthest_step_number > undated_steps.step_number
    left join member_step_opens
        on
            member_cohorts.member_id = member_step_opens.member_id
            and undated_steps.step_number = member_step_opens.step_number
    where not member_cohorts.is_staff and member_cohorts.entry_client_id is not null
    group by
        member_cohorts.entry_client_id,
        undated_steps.step_number,
        member_cohorts.entered_week_date
)

select * from final
