-- One row per deduplicated, identified event; what ad-hoc funnels read. No direct identifiers.
with

member_events as (
    select * from {{ ref('member_events') }}
),

staff_members as (
    select * from {{ ref('staff_members') }}
),

final as (
    select
        member_events.event_id,
        member_events.member_id,
        member_events.event_number,
        member_events.event_at,
        member_events.event_name,
        member_events.funnel_name,
        member_events.step_name,
        member_events.step_number,
        member_events.step_action,
        member_events.failure_reason,
        member_events.is_eligibility_verified,
        member_events.app_id,
        member_events.platform,
        member_events.device_type,
        member_events.country,
        member_events.page_host,
        member_events.page_path,
        member_events.referrer_host,
        member_events.has_payload_conflict,
        case when staff_members.member_id is not null then 'staff' end as exclusion_reason
    from member_events
    left join staff_members
        on member_events.member_id = staff_members.member_id
)

select * from final
