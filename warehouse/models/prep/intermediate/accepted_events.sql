{{ config(materialized='view') }}
-- Every event that counts: deduplicated, credibly dated, without direct identifiers.
with

delivered_events as (
    select * from {{ ref('delivered_events') }}
),

final as (
    select
        event_id,
        member_id,
        visitor_id,
        session_id,
        event_at,
        event_name,
        funnel_name,
        step_name,
        step_action,
        failure_reason,
        user_role,
        is_eligibility_verified,
        app_id,
        platform,
        device_type,
        country,
        page_host,
        page_path,
        referrer_host,
        collected_at,
        loaded_at,
        has_payload_conflict,
        step_number,
        event_number
    from delivered_events
    where set_aside_reason is null
)

select * from final
