{{ config(materialized='view') }}
-- Where a person came from: the referrer of the session in which they signed up, as it began.
-- A host that the session itself visited is not where it came from.
with

accepted_events as (
    select * from {{ ref('accepted_events') }}
),

member_entries as (
    select * from {{ ref('member_entries') }}
),

session_events as (
    select
        member_entries.member_id,
        accepted_events.referrer_host,
        row_number() over (
            partition by member_entries.member_id
            order by accepted_events.event_at, accepted_events.event_id
        ) as session_event_number
    from member_entries
    inner join accepted_events
        on
            member_entries.session_id = accepted_events.session_id
            and accepted_events.event_at <= member_entries.entered_at
    where accepted_events.referrer_host is distinct from accepted_events.page_host
),

final as (
    select
        member_id,
        coalesce(referrer_host, 'direct') as entry_referrer
    from session_events
    where session_event_number = 1
)

select * from final
