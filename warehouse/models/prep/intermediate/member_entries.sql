-- A new sign-up is a person's first-ever first step, over all history (funnel.md 2). Attributes are
-- those of that event: fixed at entry (funnel.md 21).
with

member_events as (
    select * from {{ ref('member_events') }}
),

first_steps as (
    select
        *,
        row_number() over (partition by member_id order by event_number) as attempt_rank
    from member_events
    where step_number = 1
),

final as (
    select
        member_id,
        event_id as entry_event_id,
        event_number as entry_event_number,
        event_at as entered_at,
        event_microseconds as entered_microseconds,
        visitor_id,
        session_id,
        device_type as entry_device_type,
        country as entry_country,
        is_eligibility_verified as entry_is_eligibility_verified
    from first_steps
    where attempt_rank = 1
)

select * from final
