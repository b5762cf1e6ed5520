{{ config(materialized='view') }}
-- What is known of each person and the intake funnel, whatever the moment of asking: deleted
-- members stay (funnel.md 4), staff are flagged and not dropped (3), people with later steps but no
-- first one are `no_entry` (5).
with

members as (
    select * from {{ ref('members') }}
    where set_aside_reason is null
),

eventful_members as (
    select * from {{ ref('eventful_members') }}
    where has_events
),

member_cohorts as (
    select * from {{ ref('member_cohorts') }}
),

member_entries as (
    select * from {{ ref('member_entries') }}
),

member_entry_sources as (
    select * from {{ ref('member_entry_sources') }}
),

member_step_outcomes as (
    select * from {{ ref('member_step_outcomes') }}
),

member_step_opens as (
    select * from {{ ref('member_step_opens') }}
),

intake_steps as (
    select * from {{ ref('intake_steps') }}
),

people as (
    select
        coalesce(members.member_id, eventful_members.member_id) as member_id,
        members.member_id is not null as has_account,
        members.deleted_at is not null as is_deleted,
        coalesce(eventful_members.has_step, false) as has_step,
        coalesce(eventful_members.is_staff, false) as is_staff
    from members
    full outer join eventful_members
        on members.member_id = eventful_members.member_id
),

progress as (
    select
        member_id,
        max(case when is_closed then step_number end) as last_closed_step_number,
        count(case when is_applicable then 1 end) as applicable_step_count,
        count(case when status = 'skipped' then 1 end) as skipped_step_count,
        sum(case when event_count > 1 then event_count - 1 else 0 end) as repeat_event_count
    from member_step_outcomes
    group by member_id
),

-- conversion is the last step within the window, whatever lies between (funnel.md 13)
conversions as (
    select
        member_step_opens.member_id,
        greatest(
            member_step_opens.first_event_microseconds, member_entries.entered_microseconds
        ) as converted_microseconds
    from member_step_opens
    inner join intake_steps
        on
            member_step_opens.step_number = intake_steps.step_number
            and intake_steps.is_last_step
    inner join member_entries
        on member_step_opens.member_id = member_entries.member_id
),

final as (
    select
        people.member_id,
        people.has_account,
        people.is_deleted,
        case when people.is_staff then 'staff' end as exclusion_reason,
        case
            when member_entries.member_id is not null then 'entrant'
            when people.has_step then 'no_entry'
            else 'no_funnel_events'
        end as population,
        member_entries.entered_at,
        member_cohorts.entered_date,
        member_cohorts.entered_week_date,
        member_entries.entry_event_id,
        member_cohorts.entry_client_id,
        member_cohorts.entry_client_source,
        member_entries.entry_device_type,
        member_entries.entry_country,
        case
            when member_entries.member_id is not null
                then coalesce(member_entry_sources.entry_referrer, 'unknown')
        end as entry_referrer,
        member_entries.entry_is_eligibility_verified,
        {{ from_epoch_microseconds(
            'member_entries.entered_microseconds + '
            ~ (var('conversion_window_seconds') * 1000000) | int
        ) }} as window_ends_at,
        {{ from_epoch_microseconds('conversions.converted_microseconds') }} as converted_at,
        progress.last_closed_step_number,
        intake_steps.step_name as last_closed_step_name,
        progress.applicable_step_count,
        progress.skipped_step_count,
        progress.repeat_event_count
    from people
    left join member_entries
        on people.member_id = member_entries.member_id
    left join member_cohorts
        on people.member_id = member_cohorts.member_id
    left join member_entry_sources
        on people.member_id = member_entry_sources.member_id
    left join conversions
        on people.member_id = conversions.member_id
    left join progress
        on people.member_id = progress.member_id
    left join intake_steps
        on progress.last_closed_step_number = intake_steps.step_number
)

select * from final
