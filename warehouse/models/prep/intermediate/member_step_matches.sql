-- The event that serves each step of each person, in order, within the window (funnel.md 8-12).
with

member_events as (
    select * from {{ ref('member_events') }}
),

member_entries as (
    select * from {{ ref('member_entries') }}
),

member_step_applicability as (
    select * from {{ ref('member_step_applicability') }}
),

attempts as (
    select
        member_id as attempt_id,
        member_id as person_id,
        entry_event_number,
        entered_microseconds
    from member_entries
),

step_events as (
    select
        member_events.member_id as person_id,
        member_events.step_number,
        member_events.event_number,
        member_events.event_microseconds
    from member_events
    inner join member_step_applicability
        on
            member_events.member_id = member_step_applicability.member_id
            and member_events.step_number = member_step_applicability.step_number
    where member_step_applicability.is_applicable
),

{{ funnel_match_steps(
    attempts='attempts',
    step_events='step_events',
    step_numbers=range(2, var('intake_step_count') + 1),
    window_seconds=var('conversion_window_seconds'),
    tie_seconds=var('tie_seconds'),
) }},

final as (
    select
        attempt_id as member_id,
        step_number,
        event_number,
        reached_microseconds
    from matched_steps
)

select * from final
