{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='member_id',
    meta={'variables': ['intake_funnel_name']},
) }}
-- Everyone whom an event ever named, and what their events say by now: whether they did any step,
-- were ever staff (funnel.md 3), and their entry: the first-ever first step, over all history (2),
-- with the attributes of that event (21). Also whom a copy named that does not count: a person once
-- named keeps a row, so that one whose events all proved to be another's is worked out again.
with

member_events as (
    select * from {{ ref('member_events') }}
),

delivered as (
    select
        event_id,
        member_id,
        has_payload_conflict,
        batch_number
    from {{ ref('delivered_events') }}
    {%- if is_incremental() %}
    where batch_number > {{ latest_batch_number() }}
    {%- endif %}
),

-- the person is part of the payload: copies that name several are in conflict
namings as (
    select
        member_id,
        batch_number
    from delivered

    union all

    select
        copies.member_id,
        delivered.batch_number
    from {{ ref('events') }} as copies
    inner join delivered
        on copies.event_id = delivered.event_id
    where delivered.has_payload_conflict
),

named as (
    select
        member_id,
        max(batch_number) as batch_number
    from namings
    where member_id is not null
    group by member_id
),

paths as (
    select * from member_events
    {%- if is_incremental() %}
    where member_id in (select named.member_id from named)
    {%- endif %}
),

known as (
    select
        member_id,
        max(step_number) is not null as has_step,
        max(case when user_role = 'STAFF' then 1 else 0 end) = 1 as is_staff
    from paths
    group by member_id
),

first_steps as (
    select
        *,
        row_number() over (partition by member_id order by event_number) as attempt_rank
    from paths
    where step_number = 1
),

entries as (
    select * from first_steps
    where attempt_rank = 1
),

final as (
    select
        named.member_id,
        known.member_id is not null as has_events,
        coalesce(known.has_step, false) as has_step,
        coalesce(known.is_staff, false) as is_staff,
        entries.event_id as entry_event_id,
        entries.event_number as entry_event_number,
        entries.event_at as entered_at,
        entries.event_microseconds as entered_microseconds,
        entries.visitor_id,
        entries.session_id,
        entries.device_type as entry_device_type,
        entries.country as entry_country,
        entries.is_eligibility_verified as entry_is_eligibility_verified,
        named.batch_number
    from named
    left join known
        on named.member_id = known.member_id
    left join entries
        on named.member_id = entries.member_id
)

select * from final
