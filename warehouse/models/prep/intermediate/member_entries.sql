{{ config(materialized='view') }}
-- A new sign-up is a person's first-ever first step, over all history (funnel.md 2).
with

eventful_members as (
    select * from {{ ref('eventful_members') }}
),

final as (
    select
        member_id,
        entry_event_id,
        entry_event_number,
        entered_at,
        entered_microseconds,
        visitor_id,
        session_id,
        entry_device_type,
        entry_country,
        entry_is_eligibility_verified,
        batch_number
    from eventful_members
    where entry_event_id is not null
)

select * from final
