{{ config(materialized='view') }}
-- The events of known people, in the one order in which everything reads them (funnel.md 7).
with

accepted_events as (
    select * from {{ ref('accepted_events') }}
),

final as (
    select
        *,
        {{ epoch_microseconds('event_at') }} as event_microseconds
    from accepted_events
    where member_id is not null
)

select * from final
